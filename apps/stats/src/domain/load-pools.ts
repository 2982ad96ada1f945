/** Puts together what is to be judged: pools as config wants them, with what they have sent. */
import type { PoolConfig } from '@sendpool/contracts';
import { oldestMs, type CampaignSends, type JudgedPool, type PoolMember } from './evidence.ts';
import { ejectId } from './finding.ts';
import type { PoolBoard } from './pool-board.ts';
import { seriesOf, type SendBucket } from './send-series.ts';

export type PoolSends = {
  byPool(poolIds: readonly string[], since: number): Promise<Map<string, ReadonlyMap<string, readonly SendBucket[]>>>;
  campaigns(sinceByPool: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, CampaignSends[]>>;
};

export type KnownVerdicts = {
  /** Of these ids the ones of verdicts that were found at `since` or later. */
  known(ids: readonly string[], since: number): Promise<Set<string>>;
  /** When the list of each pool was last found bad, milliseconds since 1970; none: never. */
  badListAt(poolIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
};

/** Milliseconds in which a paused campaign has stopped at every sender; what still comes is not held against the next one. */
const pausedWithinMs = 30_000;

/** Milliseconds in which config rotates out what was found; until then it counts as done, after that as refused. */
const appliedWithinMs = 60_000;

type Member = Omit<PoolMember, 'series'>;

const asOut = (member: Member): Member => ({ ...member, rotation: { ...member.rotation, state: 'OUT', until: null } });

export type LoadDeps = { sends: PoolSends; verdicts: KnownVerdicts; board: PoolBoard; now: number };

const withSends = (member: Member, buckets: ReadonlyMap<string, readonly SendBucket[]> | undefined): PoolMember => ({
  ...member,
  series: seriesOf(buckets?.get(member.serverId) ?? []),
});

/** From when on sends count: since the list was found bad last, and what came of it has ended; 0 = always. */
const cleanSinceOf = (badListAt: number | undefined): number =>
  badListAt === undefined ? 0 : badListAt + pausedWithinMs;

/** These pools, in this order, at `now` (milliseconds since 1970). However many: four statements. */
export const loadPools = async (deps: LoadDeps, pools: readonly PoolConfig[]): Promise<JudgedPool[]> => {
  const { sends, verdicts, board, now } = deps;
  const ids = pools.map(({ id }) => id);
  const buckets = await sends.byPool(ids, now - oldestMs);
  const planned = pools.map((pool) => ({
    pool,
    members: board.members(pool, now).map((member) => ({ member, eject: ejectId(pool.id, member, now) })),
  }));
  const ejects = planned.flatMap(({ members }) => members.map(({ eject }) => eject));
  const ejected = await verdicts.known(ejects, now - appliedWithinMs);
  const badLists = await verdicts.badListAt(ids);
  const since = new Map(ids.map((id) => [id, Math.max(cleanSinceOf(badLists.get(id)), now - oldestMs)]));
  const campaigns = await sends.campaigns(since);
  return planned.map(({ pool, members }) => ({
    poolId: pool.id,
    policy: pool.rotateOut,
    members: members.map(({ member, eject }) =>
      withSends(ejected.has(eject) ? asOut(member) : member, buckets.get(pool.id)),
    ),
    campaigns: campaigns.get(pool.id) ?? [],
    cleanSince: cleanSinceOf(badLists.get(pool.id)),
    now,
  }));
};
