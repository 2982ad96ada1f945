/** The environment of this service. */
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

export const envSchema = z.object({
  HTTP_HOST: commonEnv.HTTP_HOST,
  HTTP_PORT: commonEnv.HTTP_PORT,
  LOG_LEVEL: commonEnv.LOG_LEVEL,
  DATABASE_URL: commonEnv.DATABASE_URL,
  EVENT_LOG_URL: commonEnv.EVENT_LOG_URL,
  STATE_DIR: commonEnv.STATE_DIR,
  INTERNAL_SECRET: commonEnv.INTERNAL_SECRET,
  OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
  LANES: commonEnv.LANES,
  MINUTES_KEPT_DAYS: z.coerce
    .number()
    .int()
    .min(2)
    .max(3650)
    .default(35)
    .describe('Days for which numbers by minute are kept; those by campaign stay for good.'),
});

export type StatsEnv = z.output<typeof envSchema>;

export const readStatsEnv = (source?: NodeJS.ProcessEnv): StatsEnv => readEnv(envSchema, source);
