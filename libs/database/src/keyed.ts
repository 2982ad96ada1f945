/** Gives use cases whose effect is kept together with the idempotency key of the request. */
import { keyFaults, usedForAnother, type Ask, type Made, type Once, type Result } from '@sendpool/contracts';
import type { createOnce } from './once.ts';

/** Has something done when the transaction is committed: before, nobody would find what it is about. */
type AfterCommit = (work: () => void) => void;

type KeyedDeps<On, Use> = {
  once: ReturnType<typeof createOnce<On>>;
  plain: Use;
  make(on: On, afterCommit: AfterCommit): Use;
};

/** `make` builds the use cases over a transaction; `plain` are those without one, for requests without a key. */
export const createKeyed =
  <On, Use>({ once, plain, make }: KeyedDeps<On, Use>): Once<Use> =>
  async <T>({ key, ...call }: Ask, act: (use: Use) => Promise<Result<T>>, made: Made<T>): Promise<Result<T>> => {
    if (key === null) return act(plain);
    const errors = keyFaults(key);
    if (errors.length > 0) return { ok: false, errors };
    const after: (() => void)[] = [];
    const result = await once<Result<T>>(
      { ...call, key },
      {
        run: (on) => act(make(on, (work) => void after.push(work))),
        idOf: (outcome) => (outcome.ok ? made.idOf(outcome.value) : undefined),
        again: made.again,
        other: usedForAnother,
      },
    );
    for (const work of after) work();
    return result;
  };
