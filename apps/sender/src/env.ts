/** The environment of this service. */
import { laneLimits } from '@sendpool/contracts';
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

const seconds = (least: number, most: number, standard: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().min(least).max(most).default(standard);

export const envSchema = z.object({
  HTTP_HOST: commonEnv.HTTP_HOST,
  HTTP_PORT: commonEnv.HTTP_PORT,
  LOG_LEVEL: commonEnv.LOG_LEVEL,
  EVENT_LOG_URL: commonEnv.EVENT_LOG_URL,
  STATE_DIR: commonEnv.STATE_DIR,
  CREDENTIALS_KEY: commonEnv.CREDENTIALS_KEY,
  CREDENTIALS_KEY_PREVIOUS: commonEnv.CREDENTIALS_KEY_PREVIOUS,
  OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
  LANES: commonEnv.LANES,
  SENDER_ID: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional()
    .describe('Names this process in the status of servers; a fresh id when left out.'),
  SMTP_CLIENT_NAME: z
    .string()
    .regex(/^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i, 'must be a host name')
    .optional()
    .describe('Name given in EHLO; the name of the host when left out.'),
  STARTED_PER_LANE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(laneLimits.started)
    .describe('Messages of a lane that are started and not done, at most: the doubt that a killed sender can leave.'),
  CONNECT_TIMEOUT_SECONDS: seconds(0.1, 120, 5).describe('Longest wait for the address and the TCP connection.'),
  GREETING_TIMEOUT_SECONDS: seconds(0.1, 600, 10).describe('Longest wait for the greeting of a server.'),
  REPLY_TIMEOUT_SECONDS: seconds(0.1, 600, 60).describe(
    'Longest wait for a reply before the content, and for an answer of Amazon SES.',
  ),
  AFTER_DOT_TIMEOUT_SECONDS: seconds(0.1, 3600, 600).describe(
    'Longest wait for the reply to the final dot; after it the message is UNKNOWN.',
  ),
  IDLE_CONNECTION_SECONDS: seconds(1, 3600, 30).describe('An unused connection is closed after this time.'),
  BREAKER_FAILURES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Failures in a row after which a server gets no mail until a probe has passed.'),
  BREAKER_BASE_SECONDS: seconds(0.1, 300, 10).describe(
    'Time to the first probe of a failed server; grows by itself with each failed probe, to 300 s.',
  ),
  SLOW_START_SECONDS: seconds(0.1, 3600, 60).describe(
    'How long the weight of a server that came back grows from a tenth to the whole.',
  ),
});

export type SenderEnv = z.output<typeof envSchema>;

export const readSenderEnv = (source?: NodeJS.ProcessEnv): SenderEnv => readEnv(envSchema, source);
