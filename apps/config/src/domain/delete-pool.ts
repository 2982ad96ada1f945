/** Deletes a pool: nothing is sent through it any more, and its name is free. Doing it twice is the same as once. */
import { changeRow } from './change-row.ts';
import type { Pool } from './pool.ts';
import { good, type Result } from './result.ts';
import type { PoolStore } from './stores.ts';

export const createDeletePool =
  (deps: { pools: Pick<PoolStore, 'find' | 'save'>; now(): Date }) =>
  (id: string): Promise<Result<Pool>> => {
    const decide = (pool: Pool) => good(pool.deletedAt === null ? { ...pool, deletedAt: deps.now() } : pool);
    return changeRow(deps.pools, { id, noun: 'pool', evenDeleted: true, decide });
  };
