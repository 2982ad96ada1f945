/** What the scheduler is told by its environment. */
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

const delays = z
  .string()
  .regex(/^\d+(\s*,\s*\d+)*$/, 'must be whole numbers with commas between them')
  .transform((text) => text.split(',').map(Number));

const seconds = z.coerce.number().int().min(1).max(31_536_000);

const { HTTP_HOST, HTTP_PORT, LOG_LEVEL, DATABASE_URL, EVENT_LOG_URL, STATE_DIR, INTERNAL_SECRET, LANES } = commonEnv;

export const schedulerEnv = z.object({
  HTTP_HOST,
  HTTP_PORT,
  LOG_LEVEL,
  DATABASE_URL,
  EVENT_LOG_URL,
  STATE_DIR,
  INTERNAL_SECRET,
  WEBHOOK_KEY: commonEnv.CREDENTIALS_KEY.describe('Seals the signing secrets of webhooks; 32 bytes in base64.'),
  WEBHOOK_KEY_PREVIOUS: commonEnv.CREDENTIALS_KEY.optional().describe(
    'The key before, for one start: what is sealed under it is sealed anew then.',
  ),
  WEBHOOK_ALLOW_PRIVATE: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe(
      'true: webhooks may lead to private addresses, and to this machine without TLS. For development and tests.',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_TRACES_SAMPLER_ARG: commonEnv.OTEL_TRACES_SAMPLER_ARG.describe('Share of messages that are traced, 0 to 1.'),
  LANES,
  RETRY_DELAYS_SECONDS: delays
    .default([60, 300, 900, 3600, 7200, 14_400])
    .describe('Seconds before each new try of a deferred message, with commas between them; the last one repeats.'),
  RETRY_MAX_AGE_SECONDS: seconds
    .default(259_200)
    .describe('A message that is deferred for longer than this is EXPIRED.'),
  AFTER_DOT_TIMEOUT_SECONDS: seconds
    .default(600)
    .describe('How long the sender waits for the reply after the final dot; the same as in the sender.'),
  UNKNOWN_MARGIN_SECONDS: seconds
    .default(60)
    .describe(
      'A doubt is settled this long after the time-out after the final dot: sent again under RESEND, or FINISHED.',
    ),
});

export type SchedulerEnv = z.output<typeof schedulerEnv>;

/** After so long a doubt is settled, milliseconds. */
export const unknownGraceMs = (env: SchedulerEnv): number =>
  (env.AFTER_DOT_TIMEOUT_SECONDS + env.UNKNOWN_MARGIN_SECONDS) * 1000;

/** Throws AppError BAD_CONFIGURATION that names every fault. */
export const readSchedulerEnv = (source: NodeJS.ProcessEnv = process.env): SchedulerEnv =>
  readEnv(schedulerEnv, source);
