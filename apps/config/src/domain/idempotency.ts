/** Requests that may come twice and are to have their effect once. */
import { refuse, type Result } from './result.ts';

/** One request, and by which key it is known again; null: it counts each time. */
export type Ask = {
  /** Id of the API key that asks. */
  readonly actor: string;
  /** The mutation. */
  readonly operation: string;
  readonly key: string | null;
  readonly input: object;
};

/** What is known of a thing that was made: its id, and how it is answered a second time. */
export type Made<T> = { idOf(value: T): string; again(id: string): Promise<Result<T>> };

/** Calls `act` with use cases that work in one transaction with the key, once for each key. */
export type Once<Use> = <T>(ask: Ask, act: (use: Use) => Promise<Result<T>>, made: Made<T>) => Promise<Result<T>>;

const path = ['input', 'idempotencyKey'] as const;

export const isKey = (key: string): boolean => /^[\x20-\x7e]{1,100}$/.test(key);

export const badKey = (): Result<never> => refuse('BAD_INPUT', 'must be 1 to 100 characters of ASCII', path);

export const usedForAnother = (): Result<never> =>
  refuse('CONFLICT', 'this key was used with another input in the last 24 hours', path);

/** Answered a second time as it is now. */
export const foundAgain = <T extends { readonly id: string }>(
  what: string,
  find: (ids: readonly string[]) => Promise<readonly T[]>,
): Made<T> => ({
  idOf: ({ id }) => id,
  again: async (id) => {
    const [value] = await find([id]);
    return value === undefined ? refuse('NOT_FOUND', `there is no such ${what}`, path) : { ok: true, value };
  },
});

/** Made with a secret that is in the first answer alone. */
export const shownOnce = <T>(what: string, idOf: (value: T) => string): Made<T> => ({
  idOf,
  again: async (id) =>
    refuse('CONFLICT', `this key has made the ${what} ${id} already; its secret is not shown a second time`, path),
});
