/** Which faults of PostgreSQL pass by themselves: lost connections and lost races become AppError UNAVAILABLE, retriable. */
import { AppError } from '@sendpool/kernel';
import type { Readiness } from './readiness.ts';

/** SQLSTATE classes and codes: connection exceptions, serialization, deadlock, too many connections, shutdown, start-up. */
const passing = /^(08...|40001|40P01|53300|57P0[1-5])$/;
const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/** The client has no code for these. */
const lost =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? '';

const isLost = (error: unknown): boolean =>
  network.has(codeOf(error)) ||
  /^(08|57P0)/.test(codeOf(error)) ||
  (error instanceof Error && lost.test(error.message));

/** The fault to throw: AppError UNAVAILABLE when the same call may succeed later, else the error as it was. */
export const faultOf = (error: unknown, readiness?: Readiness): unknown => {
  if (error instanceof AppError) return error;
  if (isLost(error)) readiness?.bad();
  if (!isLost(error) && !passing.test(codeOf(error))) return error;
  return new AppError('UNAVAILABLE', 'the database is not available', { retriable: true, cause: error });
};

/** True for a broken unique rule (SQLSTATE 23505), of the named constraint or index when one is given. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  codeOf(error) === '23505' &&
  (constraint === undefined || (error as { constraint?: string }).constraint === constraint);
