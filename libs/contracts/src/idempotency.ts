/** Requests that may come twice and are to have their effect once. */
import type { Refusal, Result } from './refusal.ts';

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

const about = (code: Refusal['code'], message: string): Refusal => ({
  code,
  message,
  path: ['input', 'idempotencyKey'],
});

const refuse = (...errors: Refusal[]): Result<never> => ({ ok: false, errors });

export const keyFaults = (key: string): Refusal[] =>
  /^[\x20-\x7e]{1,100}$/.test(key) ? [] : [about('BAD_INPUT', 'must be 1 to 100 characters of ASCII')];

export const usedForAnother = (): Result<never> =>
  refuse(about('CONFLICT', 'this key was used with another input in the last 24 hours'));

/** Answered a second time as it is now. */
export const foundAgain = <T extends { readonly id: string }>(
  what: string,
  find: (id: string) => Promise<T | undefined>,
): Made<T> => ({
  idOf: ({ id }) => id,
  again: async (id) => {
    const value = await find(id);
    return value === undefined ? refuse(about('NOT_FOUND', `there is no such ${what}`)) : { ok: true, value };
  },
});

/** Made with a secret that is in the first answer alone. */
export const shownOnce = <T>(what: string, idOf: (value: T) => string): Made<T> => ({
  idOf,
  again: async (id) =>
    refuse(about('CONFLICT', `this key has made the ${what} ${id} already; its secret is not shown a second time`)),
});
