/** Puts a member that was rotated out, or is on probation, back in by hand; doing it twice is the same as once. */
import { changeRow, notFound } from './change-row.ts';
import type { Pool } from './pool.ts';
import { good, type Result } from './result.ts';
import { restored } from './rotate.ts';
import type { PoolStore } from './stores.ts';

export type RestorePoolMemberInput = { readonly poolId: string; readonly serverId: string };

export const createRestorePoolMember =
  (deps: { pools: PoolStore; now(): Date }) =>
  ({ poolId, serverId }: RestorePoolMemberInput): Promise<Result<Pool>> => {
    const decide = (pool: Pool): Result<Pool> => {
      const next = restored(pool, serverId, deps.now().getTime());
      return next === undefined ? notFound('member of this pool', serverId, 'serverId') : good(next);
    };
    return changeRow(deps.pools, { id: poolId, noun: 'pool', field: 'poolId', decide });
  };
