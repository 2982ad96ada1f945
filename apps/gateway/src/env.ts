/** The environment of this service. */
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

const serviceUrl = (name: string) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'must be an http:// or https:// URL',
    )
    .transform((text) => new URL(text).origin)
    .describe(`Where ${name} answers, without a path.`);

export const envSchema = z.object({
  HTTP_HOST: commonEnv.HTTP_HOST,
  HTTP_PORT: commonEnv.HTTP_PORT,
  LOG_LEVEL: commonEnv.LOG_LEVEL,
  EVENT_LOG_URL: commonEnv.EVENT_LOG_URL,
  INTERNAL_SECRET: commonEnv.INTERNAL_SECRET,
  CONFIG_URL: serviceUrl('config'),
  SCHEDULER_URL: serviceUrl('scheduler'),
  STATS_URL: serviceUrl('stats'),
  INTROSPECTION: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .describe('false: the schema cannot be read through the API, not even with a key.'),
  UPLOAD_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(1024 ** 3)
    .describe('Largest contact file that may be uploaded, in bytes.'),
});

export type GatewayEnv = z.output<typeof envSchema>;

export const readGatewayEnv = (source?: NodeJS.ProcessEnv): GatewayEnv => readEnv(envSchema, source);
