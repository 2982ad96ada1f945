/** The environment of a process, read once and checked as a whole. */
import { AppError } from '@sendpool/kernel';
import { z } from 'zod';
import { logLevels } from './log.ts';

const credentialsKey = z
  .string()
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .refine((key) => key.length === 32, 'must be 32 bytes in base64 (`openssl rand -base64 32`)');

const urlOf = (...protocols: string[]): z.ZodString =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

/** A URL of Kafka names several brokers, which the URL class cannot read; the event log reads it whole, and says what is wrong in it. */
const kafkaForm = /^kafka:\/\/[^/?#\s]+\/?(\?[^#\s]*)?$/;

const eventLogUrl = z.union([z.string().regex(kafkaForm), urlOf('postgres:', 'postgresql:')], {
  error: 'must be a URL that begins with postgres://, postgresql:// or kafka://',
});

/** The variables that services share; an app spreads what it needs into its own schema. */
export const commonEnv = {
  HTTP_HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).describe('Port to listen on; 0 takes a free one.'),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('Least level that is logged.'),
  DATABASE_URL: urlOf('postgres:', 'postgresql:').describe('PostgreSQL of this service.'),
  EVENT_LOG_URL: eventLogUrl.describe('The event log: a PostgreSQL URL, or kafka://host:port,…'),
  STATE_DIR: z
    .string()
    .optional()
    .describe(
      'Folder of this process alone that outlives it: after a restart, its old member leaves Kafka groups at once.',
    ),
  INTERNAL_SECRET: z
    .string()
    .min(32)
    .describe('Signs requests between services; at least 32 characters, the same in all.'),
  CREDENTIALS_KEY: credentialsKey.describe('Seals passwords of sending servers; 32 bytes in base64.'),
  CREDENTIALS_KEY_PREVIOUS: credentialsKey
    .optional()
    .describe('The key before, while passwords are being sealed anew: opens what is still sealed under it.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: urlOf('http:', 'https:')
    .optional()
    .describe('Where traces go: OTLP over HTTP, as in http://collector:4318. Without it nothing is traced.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.001).describe('Share of what is traced, 0 to 1.'),
  LANES: z.coerce.number().int().min(1).max(1024).default(12).describe('Number of lanes, the same in all services.'),
} as const;

/** What zod says of its own, in the words of whoever sets a variable; a schema that has its own message keeps it. */
const wording = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : `must be a ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must ${issue.origin === 'string' ? 'have' : 'be'} at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `must ${issue.origin === 'string' ? 'have' : 'be'} at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default:
      return undefined;
  }
};

/** Addresses too may hold a password. */
const mayBeSecret = /SECRET|KEY|PASSWORD|TOKEN|USER|URL|BROKERS|ENDPOINT/;
const shown = 60;

const valueOf = (name: string, value: string | undefined): string => {
  if (value === undefined || mayBeSecret.test(name)) return '';
  return `; it is ${JSON.stringify(value.length > shown ? `${value.slice(0, shown)}…` : value)}`;
};

const faultOf = (issue: z.core.$ZodIssue, source: NodeJS.ProcessEnv): string => {
  const name = String(issue.path[0] ?? '');
  const value = source[name];
  if (value === undefined && issue.code !== 'custom') return `${name}: is missing`;
  return `${issue.path.join('.')}: ${issue.message}${valueOf(name, value)}`;
};

const given = (source: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));

/**
 * Reads the variables that `schema` names; an empty one counts as not given.
 * Throws AppError BAD_CONFIGURATION that names every fault at once, with the value unless it may be a secret.
 */
export const readEnv = <Schema extends z.ZodObject>(
  schema: Schema,
  source: NodeJS.ProcessEnv = process.env,
): z.output<Schema> => {
  const values = given(source);
  const result = schema.safeParse(values, { error: wording });
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => faultOf(issue, values));
  throw new AppError('BAD_CONFIGURATION', `the environment is not usable:\n  ${faults.join('\n  ')}`);
};
