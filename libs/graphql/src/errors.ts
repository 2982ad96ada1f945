/** What of an error a client may see: typed faults with their code, everything else as `Internal error`. The same for services and gateway. */
import { AppError, type ErrorCode } from '@sendpool/kernel';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Codes in `extensions.code` whose message is meant for the client. */
const shownCodes: ReadonlySet<string> = new Set([
  'BAD_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'CURSOR_EXPIRED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'OPERATION_TOO_COSTLY',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_ONLY',
  'SLOW_CONSUMER',
  'TOO_MANY_STREAMS',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
]);

const unavailable = 'A service is not available; try again in a moment';

/** The exhaustive table: what a client is told of an AppError. UNAVAILABLE may name hosts, so its text is ours. */
const treatment: Record<ErrorCode, 'SHOWN' | 'OWN_TEXT' | 'HIDDEN'> = {
  BAD_INPUT: 'SHOWN',
  NOT_FOUND: 'SHOWN',
  CONFLICT: 'SHOWN',
  CURSOR_EXPIRED: 'SHOWN',
  UNAUTHENTICATED: 'SHOWN',
  FORBIDDEN: 'SHOWN',
  UNAVAILABLE: 'OWN_TEXT',
  EPOCH_ENDED: 'HIDDEN',
  LEASE_LOST: 'HIDDEN',
  LEDGER_LOST: 'HIDDEN',
  BAD_RECORD: 'HIDDEN',
  BAD_CONFIGURATION: 'HIDDEN',
  DECRYPTION_FAILED: 'HIDDEN',
  INTERNAL: 'HIDDEN',
};

const shownOf = ({ code, message }: AppError): string | undefined =>
  ({ SHOWN: message, OWN_TEXT: unavailable, HIDDEN: undefined })[treatment[code]];

/** What was thrown, without the GraphQL errors that were wrapped round it on its way. */
export const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError && error.originalError !== undefined ? causeOf(error.originalError) : error;

/** `String cannot represent a non string value: …` without the value: it may be a secret that was put in the wrong way. */
const withoutValue = (message: string): string => message.replace(/( cannot represent [^:]*): .*$/s, '$1');

const visible = (error: unknown, extensions: GraphQLFormattedError['extensions']) => {
  const cause = causeOf(error);
  if (cause instanceof AppError) return { code: cause.code, message: shownOf(cause) };
  const code = extensions?.['code'];
  const trusted = cause instanceof GraphQLError && typeof code === 'string' && shownCodes.has(code);
  return trusted
    ? { code, message: withoutValue((error as GraphQLError).message) }
    : { code: 'INTERNAL', message: undefined };
};

/** True for what a client does not see, and the log must therefore keep. */
export const isHidden = (error: unknown): boolean => {
  const extensions = error instanceof GraphQLError ? error.extensions : undefined;
  return visible(error, extensions).message === undefined;
};

/** How long to wait, of an error that says so. */
const waitOf = ({ extensions }: GraphQLFormattedError): object => {
  const seconds = extensions?.['retryAfterSeconds'];
  return typeof seconds === 'number' ? { retryAfterSeconds: seconds } : {};
};

/** The error as the client gets it: message, code, place, time to wait; nothing else of it. Shape of Apollo's `formatError`. */
export const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
  const { code, message } = visible(error, formatted.extensions);
  return {
    message: message ?? 'Internal error',
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
    extensions: message === undefined ? { code: 'INTERNAL' } : { code, ...waitOf(formatted) },
  };
};
