/** Puts members on probation whose time out is over; any number of processes may do it at once. */
import { changeRow } from './change-row.ts';
import { good } from './result.ts';
import { returnDue } from './rotate.ts';
import type { PoolStore } from './stores.ts';

export const createReturnMembers = (deps: { pools: PoolStore; now(): Date }) => async (): Promise<void> => {
  for (const id of await deps.pools.withMembersDue(deps.now()))
    await changeRow(deps.pools, {
      id,
      noun: 'pool',
      decide: (pool) => good(returnDue(pool, deps.now().getTime())),
    });
};
