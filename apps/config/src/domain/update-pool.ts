/** Changes a pool: its name, what it does when busy, how it spreads and rotates out, or the whole list of its members. */
import { changeRow } from './change-row.ts';
import { checkPool, mergeRotateOut, type PoolDraft, type PoolMemberInput, type RotateOutInput } from './check-pool.ts';
import type { Pool, PoolMember } from './pool.ts';
import { createFaults, good, type Refusal, type Result } from './result.ts';
import type { PoolStore, ServerStore } from './stores.ts';

/** Fields left out stay as they are. */
export type UpdatePoolInput = {
  readonly id: string;
  readonly name?: string | null;
  readonly whenBusy?: Pool['whenBusy'] | null;
  readonly providerMode?: Pool['isp'] | null;
  readonly rotateOut?: RotateOutInput | null;
  readonly members?: readonly PoolMemberInput[] | null;
};

export type UpdatePoolDeps = {
  pools: PoolStore;
  servers: ServerStore;
  /** Milliseconds since 1970. */
  now(): number;
};

const nullFaults = (input: UpdatePoolInput): readonly Refusal[] => {
  const faults = createFaults();
  for (const field of ['name', 'whenBusy', 'providerMode', 'rotateOut', 'members'] as const)
    if (input[field] === null) faults.add([field], 'A pool cannot be without it. Leave the field out to keep it.');
  return faults.errors;
};

const merge = (pool: Pool, input: UpdatePoolInput): PoolDraft => ({
  name: input.name ?? pool.name,
  whenBusy: input.whenBusy ?? pool.whenBusy,
  isp: input.providerMode ?? pool.isp,
  rotateOut: mergeRotateOut(input.rotateOut, pool.rotateOut),
  members: input.members ?? pool.members,
});

/** Members that stay keep their rotation: a new list is no way back in. Newcomers begin now: what was found before is not about them. */
const keepRotation = (members: readonly PoolMember[], { members: before }: Pool, now: number): PoolMember[] =>
  members.map((member) => {
    const known = before.find(({ serverId }) => serverId === member.serverId);
    return { ...member, rotation: known?.rotation ?? { ...member.rotation, since: now } };
  });

export const createUpdatePool =
  (deps: UpdatePoolDeps) =>
  async (input: UpdatePoolInput): Promise<Result<Pool>> => {
    const errors = nullFaults(input);
    if (errors.length > 0) return { ok: false, errors };
    const decide = async (pool: Pool): Promise<Result<Pool>> => {
      const checked = await checkPool(merge(pool, input), deps.servers);
      if (!checked.ok) return checked;
      return good({ ...pool, ...checked.value, members: keepRotation(checked.value.members, pool, deps.now()) });
    };
    return changeRow(deps.pools, { id: input.id, noun: 'pool', decide });
  };
