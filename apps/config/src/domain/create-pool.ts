/** Makes a pool of sending servers that exist. */
import { nameTaken } from './change-row.ts';
import { checkPool, type PoolMemberInput } from './check-pool.ts';
import type { Pool } from './pool.ts';
import { good, type Result } from './result.ts';
import type { PoolStore, ServerStore } from './stores.ts';

export type CreatePoolInput = {
  readonly name: string;
  readonly whenBusy?: Pool['whenBusy'] | null;
  readonly members: readonly PoolMemberInput[];
};

export type CreatePoolDeps = { pools: PoolStore; servers: ServerStore; newId(): string };

export const createCreatePool =
  (deps: CreatePoolDeps) =>
  async (input: CreatePoolInput): Promise<Result<Pool>> => {
    const checked = await checkPool({ ...input, whenBusy: input.whenBusy ?? 'KEEP_WEIGHTS' }, deps.servers);
    if (!checked.ok) return checked;
    const pool: Pool = { id: deps.newId(), revision: 1, ...checked.value };
    return (await deps.pools.insert(pool)) === 'NAME_TAKEN' ? nameTaken('pool') : good(pool);
  };
