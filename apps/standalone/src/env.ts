/** What a user may set for the standalone system; everything has a default. */
import { resolve } from 'node:path';
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';
import type { GivenKeys } from './secrets.ts';
import type { Shape } from './shape.ts';

/** `user:password@` and a query are optional; what they hold is read by the event log. */
const brokersForm = /^([^@/?#\s]*@)?[^@/?#\s]+(\?[^#\s]*)?$/;

const schema = z.object({
  DATA_DIR: z
    .string()
    .optional()
    .describe('Folder of the database, the secrets and the logs. It belongs to one event log for good.'),
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
  GRAPHIQL: z
    .enum(['true', 'false'])
    .default('true')
    .describe('Whether /graphiql of each gateway is a page to try the API in.'),
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:/.test(text) && URL.canParse(text), 'must be a PostgreSQL URL')
    .optional()
    .describe('An existing PostgreSQL; left out, one is started in the data folder.'),
  KAFKA_BROKERS: z
    .string()
    .regex(brokersForm, 'must be host:port,host:port, with nothing before it')
    .optional()
    .describe('Cluster only. Existing brokers, `host:port,host:port?replication=3`; left out, one is started.'),
  CREDENTIALS_KEY: commonEnv.CREDENTIALS_KEY.optional().describe(
    'The key that seals passwords, instead of one that is made; kept in secrets.json.',
  ),
  CREDENTIALS_KEY_PREVIOUS: commonEnv.CREDENTIALS_KEY_PREVIOUS.describe(
    'The key in secrets.json, while another one takes its place.',
  ),
});

export const standaloneVariables = Object.keys(schema.shape);

export type StandaloneEnv = {
  dataFolder: string;
  gatewayPort: number;
  logLevel: string;
  graphiql: boolean;
  databaseUrl: string | undefined;
  kafkaBrokers: string | undefined;
  keys: GivenKeys;
};

const defaultFolder = ({ eventLog }: Shape): string => (eventLog === 'KAFKA' ? '.data-cluster' : '.data');

const base64 = (key: Uint8Array | undefined): string | undefined =>
  key === undefined ? undefined : Buffer.from(key).toString('base64');

/** Throws AppError BAD_CONFIGURATION that names every fault at once. */
export const readStandaloneEnv = (shape: Shape, source: NodeJS.ProcessEnv = process.env): StandaloneEnv => {
  const env = readEnv(schema, source);
  return {
    dataFolder: resolve(env.DATA_DIR ?? defaultFolder(shape)),
    gatewayPort: env.PORT,
    logLevel: env.LOG_LEVEL,
    graphiql: env.GRAPHIQL === 'true',
    databaseUrl: env.DATABASE_URL,
    kafkaBrokers: env.KAFKA_BROKERS,
    keys: { credentialsKey: base64(env.CREDENTIALS_KEY), credentialsKeyPrevious: base64(env.CREDENTIALS_KEY_PREVIOUS) },
  };
};
