/** Gives use cases whose effect is kept together with the idempotency key of the request. */
import { createOnce, type Database, type Sql } from '@sendpool/database';
import { keyFaults, usedForAnother, type Ask, type Made, type Once } from './domain/idempotency.ts';
import { refuse, type Result } from './domain/refusal.ts';

/** What a store works on: the pool, or one transaction. */
export type StoreDatabase = Pick<Database, 'sql' | 'transaction'>;

/** Has something done when the transaction is committed. */
export type AfterCommit = (work: () => void) => void;

const within = (tx: Sql): StoreDatabase => ({ sql: tx, transaction: (work) => work(tx) });

/** `make` builds the use cases over what it is given; `plain` are those over the pool. */
export const createKeyed = <Use>(deps: {
  database: StoreDatabase;
  secret: string;
  plain: Use;
  make(on: StoreDatabase, afterCommit: AfterCommit): Use;
}): Once<Use> => {
  const { database, secret, plain, make } = deps;
  const once = createOnce<Sql>({ transaction: database.transaction, sqlOf: (tx) => tx, secret });
  return async <T>(ask: Ask, act: (use: Use) => Promise<Result<T>>, made: Made<T>): Promise<Result<T>> => {
    const { key, ...call } = ask;
    if (key === null) return act(plain);
    const faults = keyFaults(key);
    if (faults.length > 0) return refuse(...faults);
    const after: (() => void)[] = [];
    const result = await once<Result<T>>(
      { ...call, key },
      {
        run: (tx) => act(make(within(tx), (work) => void after.push(work))),
        idOf: (outcome) => (outcome.ok ? made.idOf(outcome.value) : undefined),
        again: made.again,
        other: usedForAnother,
      },
    );
    for (const work of after) work();
    return result;
  };
};
