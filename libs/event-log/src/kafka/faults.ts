/** Errors of the broker and of connections to it, told apart by what may be done about them. */
import { AppError } from '@sendpool/kernel';
import { createErrorFromCode } from './kafkajs.ts';

/** `type` is the name of Kafka's error, or CONNECTION, TIMED_OUT (no answer: the request may have been carried out), CLOSED. */
export class KafkaError extends Error {
  readonly type: string;
  /** Of MEMBER_ID_REQUIRED: the id to join with. */
  readonly memberId: string | undefined;
  private readonly mayPass: boolean;

  constructor(type: string, message: string, options: { passes: boolean; memberId?: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KafkaError';
    this.type = type;
    this.memberId = options.memberId;
    this.mayPass = options.passes;
  }

  get passes(): boolean {
    return this.mayPass || alsoPassing.has(this.type);
  }
}

/** kafkajs calls these final, but they pass: disks come back, replicas catch up, elections end. */
const alsoPassing = new Set([
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'STALE_CONTROLLER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN',
]);
const staleMetadata = new Set([
  'BROKER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
]);
const fenced = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID']);
const noAnswer = new Set(['CONNECTION', 'TIMED_OUT', 'CLOSED']);

/** The error type of anything that was thrown; '' when it is no KafkaError. */
export const typeOf = (error: unknown): string => (error instanceof KafkaError ? error.type : '');

/** True when the same request may succeed later without anybody changing anything. */
export const isPassing = (error: unknown): boolean => error instanceof KafkaError && error.passes;

/** True when this generation or member is over: join again. */
export const isFenced = (error: unknown): boolean => fenced.has(typeOf(error));

/** True when no answer came: the request may or may not have been carried out. */
const isUnanswered = (error: unknown): boolean => noAnswer.has(typeOf(error));

/** True when who leads the partition must be asked anew. */
export const isStale = (error: unknown): boolean => staleMetadata.has(typeOf(error)) || isUnanswered(error);

/** Undefined for 0, which is no error. */
export const errorOf = (code: number): KafkaError | undefined => {
  if (code === 0) return undefined;
  const { type, message, retriable } = createErrorFromCode(code);
  return new KafkaError(type, `Kafka answers ${type}: ${message}`, { passes: retriable });
};

/** Throws the first error among answers that carry codes. */
export const throwFirst = (answers: Iterable<{ errorCode: number }>): void => {
  for (const { errorCode } of answers) {
    const error = errorOf(errorCode);
    if (error !== undefined) throw error;
  }
};

/** Codes of OpenSSL and Node. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/** kafkajs calls it a refused log-in also when the connection was lost on the way. */
const lostWhileLoggingIn = /failed: (Closed connection|Connection (closed|error|timeout)|Not connected)/;

/** What kafkajs throws, as an error of our own. */
export const wrap = (error: unknown, what: string): unknown => {
  if (!(error instanceof Error) || error instanceof KafkaError || error instanceof AppError) return error;
  const { type, retriable, memberId } = error as { type?: string; retriable?: boolean; memberId?: string };
  if (type !== undefined) {
    const options = { passes: retriable === true, ...(memberId !== undefined && { memberId }) };
    return new KafkaError(type, `${what}: Kafka answers ${type}: ${error.message}`, options);
  }
  if (untrusted.test((error as { code?: string }).code ?? ''))
    return new AppError(
      'BAD_CONFIGURATION',
      `${what}: the certificate of the broker is not trusted (${error.message}); see ca`,
    );
  if (/Connection(Closed)?Error$/.test(error.name) || lostWhileLoggingIn.test(error.message))
    return new KafkaError('CONNECTION', `${what}: ${error.message}`, { passes: true, cause: error });
  if (error.name === 'KafkaJSSASLAuthenticationError')
    return new AppError('BAD_CONFIGURATION', `Kafka refuses the log-in: ${error.message}`);
  return error;
};

/** Settings or rights that somebody has to change. */
const refused = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'POLICY_VIOLATION',
]);

/** The fault to throw to callers: AppError UNAVAILABLE when it passes. */
export const faultOf = (error: unknown): unknown => {
  if (!(error instanceof KafkaError)) return error;
  if (error.passes)
    return new AppError('UNAVAILABLE', `the event log is not available: ${error.message}`, {
      retriable: true,
      cause: error,
    });
  if (refused.has(error.type)) return new AppError('BAD_CONFIGURATION', error.message, { cause: error });
  return new AppError('INTERNAL', error.message, { cause: error });
};
