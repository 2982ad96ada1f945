/** Faults that cross a boundary: a code to branch on, whether a retry can help, and the cause. */

/** Every fault Sendpool raises on purpose; docs/errors.md explains each, and a test compares both ways. */
export type ErrorCode =
  | 'BAD_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'CURSOR_EXPIRED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'UNAVAILABLE'
  | 'EPOCH_ENDED'
  | 'LEASE_LOST'
  | 'LEDGER_LOST'
  | 'BAD_RECORD'
  | 'BAD_CONFIGURATION'
  | 'DECRYPTION_FAILED'
  | 'INTERNAL';

export class AppError extends Error {
  readonly code: ErrorCode;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retriable: boolean;

  constructor(code: ErrorCode, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

export const isAppError = (error: unknown, code?: ErrorCode): error is AppError =>
  error instanceof AppError && (code === undefined || error.code === code);

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
