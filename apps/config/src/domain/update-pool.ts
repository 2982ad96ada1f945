/** Changes a pool: its name, what it does when busy, or the whole list of its members. */
import { changeRow } from './change-row.ts';
import { checkPool, type PoolMemberInput } from './check-pool.ts';
import type { Pool } from './pool.ts';
import { createFaults, good, type Result, type UserError } from './result.ts';
import type { PoolStore, ServerStore } from './stores.ts';

/** Fields left out stay as they are. */
export type UpdatePoolInput = {
  readonly id: string;
  readonly name?: string | null;
  readonly whenBusy?: Pool['whenBusy'] | null;
  readonly members?: readonly PoolMemberInput[] | null;
};

export type UpdatePoolDeps = { pools: PoolStore; servers: ServerStore };

const nullFaults = (input: UpdatePoolInput): readonly UserError[] => {
  const faults = createFaults();
  for (const field of ['name', 'whenBusy', 'members'] as const)
    if (input[field] === null) faults.add([field], 'A pool cannot be without it. Leave the field out to keep it.');
  return faults.errors;
};

export const createUpdatePool =
  (deps: UpdatePoolDeps) =>
  async (input: UpdatePoolInput): Promise<Result<Pool>> => {
    const errors = nullFaults(input);
    if (errors.length > 0) return { ok: false, errors };
    const decide = async (pool: Pool): Promise<Result<Pool>> => {
      const name = input.name ?? pool.name;
      const draft = { name, whenBusy: input.whenBusy ?? pool.whenBusy, members: input.members ?? pool.members };
      const checked = await checkPool(draft, deps.servers);
      return checked.ok ? good({ ...pool, ...checked.value }) : checked;
    };
    return changeRow(deps.pools, { id: input.id, noun: 'pool', decide });
  };
