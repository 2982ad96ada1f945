/** Makes a pool of sending servers that exist. */
import { nameTaken } from './change-row.ts';
import { checkPool, mergeRotateOut, type PoolMemberInput, type RotateOutInput } from './check-pool.ts';
import type { Pool } from './pool.ts';
import { good, type Result } from './result.ts';
import type { PoolStore, ServerStore } from './stores.ts';

export type CreatePoolInput = {
  readonly name: string;
  readonly whenBusy?: Pool['whenBusy'] | null;
  readonly providerMode?: Pool['isp'] | null;
  readonly rotateOut?: RotateOutInput | null;
  readonly members: readonly PoolMemberInput[];
};

export type CreatePoolDeps = { pools: PoolStore; servers: ServerStore; newId(): string };

export const createCreatePool =
  (deps: CreatePoolDeps) =>
  async (input: CreatePoolInput): Promise<Result<Pool>> => {
    const { name, members } = input;
    const ways = { whenBusy: input.whenBusy ?? 'KEEP_WEIGHTS', isp: input.providerMode ?? 'SPREAD' } as const;
    const draft = { name, members, ...ways, rotateOut: mergeRotateOut(input.rotateOut) };
    for (;;) {
      const checked = await checkPool(draft, deps.servers);
      if (!checked.ok) return checked;
      const pool: Pool = { id: deps.newId(), revision: 1, ...checked.value, deletedAt: null };
      const end = await deps.pools.insert(pool);
      // Stale: a member was deleted since it was looked at, and the next look says so.
      if (end !== 'STALE') return end === 'NAME_TAKEN' ? nameTaken('pool') : good(pool);
    }
  };
