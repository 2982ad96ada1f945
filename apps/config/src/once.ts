/** Gives use cases whose effect is kept together with the idempotency key of the request. */
import type { Database } from '@sendpool/database';
import { badKey, isKey, usedForAnother, type Ask, type Made, type Once } from './domain/idempotency.ts';
import type { Result } from './domain/result.ts';
import { onceOver, type StoreDatabase } from './store/store-database.ts';

/** `make` builds the use cases over what it is given, and calls `changed` when they changed something; `plain` are those over the pool. */
export const createKeyed = <Use>(deps: {
  database: Database;
  secret: string;
  plain: Use;
  make(on: StoreDatabase, changed: () => void): Use;
  changed(): void;
}): Once<Use> => {
  const { database, secret, plain, make, changed } = deps;
  const once = onceOver(database, secret);
  return async <T>(ask: Ask, act: (use: Use) => Promise<Result<T>>, made: Made<T>): Promise<Result<T>> => {
    const { key, ...call } = ask;
    if (key === null) return act(plain);
    if (!isKey(key)) return badKey();
    let isChanged = false;
    const note = (): void => void (isChanged = true);
    const result = await once<Result<T>>(
      { ...call, key },
      {
        run: (on) => act(make(on, note)),
        idOf: (outcome) => (outcome.ok ? made.idOf(outcome.value) : undefined),
        again: made.again,
        other: usedForAnother,
      },
    );
    // Before the commit nobody would find it.
    if (isChanged) changed();
    return result;
  };
};
