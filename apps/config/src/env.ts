/** The environment of this service. */
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

export const envSchema = z
  .object({
    HTTP_HOST: commonEnv.HTTP_HOST,
    HTTP_PORT: commonEnv.HTTP_PORT,
    LOG_LEVEL: commonEnv.LOG_LEVEL,
    DATABASE_URL: commonEnv.DATABASE_URL,
    EVENT_LOG_URL: commonEnv.EVENT_LOG_URL,
    INTERNAL_SECRET: commonEnv.INTERNAL_SECRET,
    CREDENTIALS_KEY: commonEnv.CREDENTIALS_KEY,
    CREDENTIALS_KEY_PREVIOUS: commonEnv.CREDENTIALS_KEY_PREVIOUS,
    OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
    ALLOW_PRIVATE_SERVERS: z
      .enum(['true', 'false'])
      .default('true')
      .transform((text) => text === 'true')
      .describe('false: servers at loopback, private and link-local addresses are not verified.'),
    BOOTSTRAP_ADMIN_KEY_HASH: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key in hex')
      .optional()
      .describe('SHA-256 (hex) of an API key that becomes the first ADMIN key while there is none at all.'),
    BOOTSTRAP_ADMIN_KEY_PREFIX: z
      .string()
      .regex(/^(sp_)?[0-9a-f]{8}$/, 'must be the first 11 characters of the key, as in sp_0123abcd')
      .transform((text) => (text.startsWith('sp_') ? text : `sp_${text}`))
      .optional()
      .describe('First 11 characters of that key (`sp_` and 8 hex digits), to tell it apart.'),
  })
  .refine((env) => (env.BOOTSTRAP_ADMIN_KEY_HASH === undefined) === (env.BOOTSTRAP_ADMIN_KEY_PREFIX === undefined), {
    path: ['BOOTSTRAP_ADMIN_KEY_PREFIX'],
    message: 'must be given together with BOOTSTRAP_ADMIN_KEY_HASH',
  });

export type ConfigEnv = z.output<typeof envSchema>;

export const readConfigEnv = (source?: NodeJS.ProcessEnv): ConfigEnv => readEnv(envSchema, source);
