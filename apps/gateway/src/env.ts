/** The environment of this service. */
import { limits } from '@sendpool/graphql';
import { commonEnv, readEnv } from '@sendpool/service';
import { z } from 'zod';

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whoever can change what it answers can sign in as anybody: no plain HTTP over a network. */
const isSafeUrl = (text: string): boolean => {
  if (!isHttpUrl(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || loopback.has(hostname);
};

const isOrigin = (text: string): boolean => isHttpUrl(text) && new URL(text).origin === text;

/** Origins of the replicas of a service. */
const serviceUrls = (name: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((url) => url.trim()))
    .refine((urls) => urls.every(isHttpUrl), 'must be an http:// or https:// URL, or several with commas between')
    .transform((urls) => urls.map((url) => new URL(url).origin))
    .describe(`Where ${name} answers, without a path; of several replicas: all, with commas between.`);

export const envSchema = z
  .object({
    HTTP_HOST: commonEnv.HTTP_HOST,
    HTTP_PORT: commonEnv.HTTP_PORT,
    LOG_LEVEL: commonEnv.LOG_LEVEL,
    EVENT_LOG_URL: commonEnv.EVENT_LOG_URL,
    INTERNAL_SECRET: commonEnv.INTERNAL_SECRET,
    OTEL_EXPORTER_OTLP_ENDPOINT: commonEnv.OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_TRACES_SAMPLER_ARG: commonEnv.OTEL_TRACES_SAMPLER_ARG.describe(
      'Share of queries that are traced, 0 to 1; changes always are.',
    ),
    CONFIG_URL: serviceUrls('config'),
    SCHEDULER_URL: serviceUrls('scheduler'),
    STATS_URL: serviceUrls('stats'),
    INTROSPECTION: z
      .enum(['true', 'false'])
      .default('true')
      .transform((text) => text === 'true')
      .describe('false: the schema cannot be read through the API, not even with a key.'),
    GRAPHIQL: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('true: GET /graphiql is a page to try the API in. For development; it needs the optional packages.'),
    ALLOWED_ORIGINS: z
      .string()
      .default('')
      .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
      .refine((origins) => origins.every(isOrigin), 'must be origins as https://app.example.com, with commas between')
      .describe('Origins of pages, besides our own, that may open a WebSocket; several with commas between.'),
    UPLOAD_MAX_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(1024 ** 3)
      .describe('Largest contact file that may be uploaded, in bytes.'),
    JWT_ISSUER: z
      .string()
      .optional()
      .describe('Identity provider whose tokens are taken beside API keys: `iss` of a token. Without it: none.'),
    JWT_AUDIENCE: z.string().optional().describe('`aud` of a token that is meant for this API.'),
    JWT_JWKS_URL: z
      .string()
      .refine(isSafeUrl, 'must be an https:// URL, or http:// at a loopback address')
      .transform((text) => new URL(text))
      .optional()
      .describe('Where the public keys of the identity provider are (JWKS): https, or http at a loopback address.'),
    JWT_ROLE_CLAIM: z
      .string()
      .default('sendpool_role')
      .describe('Claim of a token that says READER, OPERATOR or ADMIN, in any case; a token without it is refused.'),
    RATE_LIMIT_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(limits.cost)
      .default(limits.perMinute)
      .describe(
        'Cost that each key may ask for in a minute, from each gateway; at least 10000, the most of one operation.',
      ),
    STRANGERS_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(0)
      .default(600)
      .describe(
        'Requests without a valid key that are heard from one address in a minute (IPv6: from a /64); 0: any number.',
      ),
    PERSISTED_DOCUMENTS: z
      .string()
      .optional()
      .describe('File of documents that clients may send by id: JSON of id to document, as code generation writes it.'),
    PERSISTED_ONLY: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('true: only documents of PERSISTED_DOCUMENTS are run.'),
  })
  .refine(
    ({ JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL }) =>
      new Set([JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL].map((value) => value === undefined)).size === 1,
    { path: ['JWT_ISSUER'], message: 'must be given together with JWT_AUDIENCE and JWT_JWKS_URL' },
  )
  .refine(({ PERSISTED_ONLY, PERSISTED_DOCUMENTS }) => !PERSISTED_ONLY || PERSISTED_DOCUMENTS !== undefined, {
    path: ['PERSISTED_ONLY'],
    message: 'needs PERSISTED_DOCUMENTS: without it nothing could be asked',
  });

export type GatewayEnv = z.output<typeof envSchema>;

export const readGatewayEnv = (source?: NodeJS.ProcessEnv): GatewayEnv => readEnv(envSchema, source);
