/** Expected refusals are values: what is wrong, what to do, and which part of the input it is about. */
import type { Refusal, Result } from '@sendpool/contracts';

export type { Refusal, Result };

export const done = <T>(value: T): Result<T> => ({ ok: true, value });

export const refuse = (...errors: Refusal[]): { ok: false; errors: readonly Refusal[] } => ({ ok: false, errors });

/** For what does not fit the state of the object that the mutation names. */
export const idPath = ['input', 'id'] as const;

export const badInput = (message: string, ...path: string[]): Refusal => ({
  code: 'BAD_INPUT',
  message,
  path: path.length === 0 ? null : ['input', ...path],
});

export const conflict = (message: string, path: readonly string[]): Refusal => ({
  code: 'CONFLICT',
  message,
  path,
});

export const notFound = (what: string, ...path: string[]): Refusal => ({
  code: 'NOT_FOUND',
  message: `there is no such ${what}`,
  path: path.length === 0 ? null : ['input', ...path],
});
