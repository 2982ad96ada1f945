/** What a user may set for the standalone system; everything has a default. */
import { resolve } from 'node:path';
import { readEnv } from '@sendpool/service';
import { z } from 'zod';

const schema = z.object({
  DATA_DIR: z.string().default('.data').describe('Folder of the database, the secrets and the logs.'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(4000)
    .describe('Port of the GraphQL address; 0 takes a free one.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much the services write into their logs.'),
});

export const standaloneVariables = Object.keys(schema.shape);

export type StandaloneEnv = { dataFolder: string; gatewayPort: number; logLevel: string };

/** Throws AppError BAD_CONFIGURATION that names every fault at once. */
export const readStandaloneEnv = (source: NodeJS.ProcessEnv = process.env): StandaloneEnv => {
  const env = readEnv(schema, source);
  return { dataFolder: resolve(env.DATA_DIR), gatewayPort: env.PORT, logLevel: env.LOG_LEVEL };
};
