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
    .max(65_000)
    .default(4000)
    .describe('Port of the GraphQL address; further gateways take the ports after it. 0 takes free ones.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much the services write into their logs.'),
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:/.test(text) && URL.canParse(text), 'must be a PostgreSQL URL')
    .optional()
    .describe('An existing PostgreSQL; left out, one is started in the data folder.'),
  KAFKA_BROKERS: z
    .string()
    .optional()
    .describe('Cluster only. Existing brokers, `host:port,host:port?replication=3`; left out, one is started.'),
});

export const standaloneVariables = Object.keys(schema.shape);

export type StandaloneEnv = {
  dataFolder: string;
  gatewayPort: number;
  logLevel: string;
  databaseUrl: string | undefined;
  kafkaBrokers: string | undefined;
};

/** Throws AppError BAD_CONFIGURATION that names every fault at once. */
export const readStandaloneEnv = (source: NodeJS.ProcessEnv = process.env): StandaloneEnv => {
  const env = readEnv(schema, source);
  return {
    dataFolder: resolve(env.DATA_DIR),
    gatewayPort: env.PORT,
    logLevel: env.LOG_LEVEL,
    databaseUrl: env.DATABASE_URL,
    kafkaBrokers: env.KAFKA_BROKERS,
  };
};
