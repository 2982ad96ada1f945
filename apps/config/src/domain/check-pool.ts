/** Check of a pool as a whole, the same for a new one and a changed one. */
import { checkName, defaultRotateOut } from '@sendpool/contracts';
import { checkGiven, checkRole, checkWhole } from './check-text.ts';
import { neverOut, type Pool, type PoolMember, type RotateOut } from './pool.ts';
import { bad, createFaults, good, kept, type Checked, type Faults, type Result } from './result.ts';
import type { SendingServer } from './sending-server.ts';
import type { ServerStore } from './stores.ts';

export type PoolMemberInput = { readonly serverId: string; readonly weight: number; readonly role?: string | null };

/** Null is refused. */
type RotateOutDraft = { readonly [Key in keyof RotateOut]: RotateOut[Key] | null };

/** Fields left out keep their value. */
export type RotateOutInput = Partial<RotateOutDraft>;

export type PoolDraft = Pick<Pool, 'name' | 'whenBusy' | 'isp'> & {
  readonly rotateOut: RotateOutDraft;
  readonly members: readonly PoolMemberInput[];
};

export const mergeRotateOut = (
  input: RotateOutInput | null | undefined,
  stored: RotateOut = defaultRotateOut,
): RotateOutDraft => ({
  rule: kept(input?.rule, stored.rule),
  maxBounceRate: kept(input?.maxBounceRate, stored.maxBounceRate),
  minSends: kept(input?.minSends, stored.minSends),
});

const maxMembers = 64;

const checkServers = (faults: Faults, members: readonly PoolMemberInput[], known: ReadonlySet<string>): void => {
  const seen = new Map<string, number>();
  for (const [at, { serverId }] of members.entries()) {
    const path = ['members', `${at}`, 'serverId'];
    const first = seen.get(serverId);
    if (first !== undefined) faults.add(path, `Member ${first} is this server already. Give each server once.`);
    else if (!known.has(serverId)) faults.add(path, 'There is no sending server with this id. Create it first.');
    else seen.set(serverId, at);
  }
};

const checkBounceRate = (rate: number): Checked<number> =>
  Number.isFinite(rate) && rate >= 0.001 && rate <= 0.5
    ? good(rate)
    : bad(`Give a rate from 0.001 to 0.5 (0.03 = 3 %), not ${rate}.`);

const checkSends = (sends: number): Checked<number> => checkWhole(sends, [50, 1_000_000]);

const checkRotateOut = (faults: Faults, { rule, maxBounceRate, minSends }: RotateOutDraft): RotateOut => ({
  rule: faults.take(['rotateOut', 'rule'], checkGiven(rule), 'OFF'),
  maxBounceRate: faults.take(['rotateOut', 'maxBounceRate'], checkGiven(maxBounceRate, checkBounceRate), 0),
  minSends: faults.take(['rotateOut', 'minSends'], checkGiven(minSends, checkSends), 0),
});

/** The members in their normal form, IN the pool; none when there are too many to look at each. */
const checkMembers = (faults: Faults, members: readonly PoolMemberInput[]): PoolMember[] => {
  if (members.length === 0 || members.length > maxMembers) {
    faults.add(['members'], `A pool has 1 to ${maxMembers} members; these are ${members.length}.`);
    return [];
  }
  if (members.every(({ weight }) => weight === 0))
    faults.add(['members'], 'All weights are 0, so no mail could go out. Give at least one member a weight above 0.');
  return members.map(({ serverId, weight, role }, at) => ({
    serverId,
    weight: faults.take(['members', `${at}`, 'weight'], checkWhole(weight, [0, 1_000_000]), 0),
    role: faults.take(['members', `${at}`, 'role'], checkRole(role ?? null), null),
    rotation: neverOut,
  }));
};

const isThere = ({ deletedAt }: Pick<SendingServer, 'deletedAt'>): boolean => deletedAt === null;

/** The draft in its normal form, or all that is wrong with it. Members need not be usable: their shares are 0 until they are. */
export const checkPool = async (
  draft: PoolDraft,
  servers: Pick<ServerStore, 'find'>,
): Promise<Result<Omit<Pool, 'id' | 'revision' | 'deletedAt'>>> => {
  const faults = createFaults();
  const name = faults.take(['name'], checkName(draft.name), '');
  const rotateOut = checkRotateOut(faults, draft.rotateOut);
  const members = checkMembers(faults, draft.members);
  const found = await servers.find(members.map(({ serverId }) => serverId));
  checkServers(faults, members, new Set(found.filter(isThere).map(({ id }) => id)));
  return faults.errors.length > 0
    ? { ok: false, errors: faults.errors }
    : good({ name, whenBusy: draft.whenBusy, isp: draft.isp, rotateOut, members });
};
