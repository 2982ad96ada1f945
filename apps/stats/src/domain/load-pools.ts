/** Puts together what is to be judged: pools as config wants them, with what they have sent. */
import type { PoolConfig, Rotation, RotationVerdict } from '@sendpool/contracts';
import { oldestMs, type CampaignSends, type JudgedPool, type PoolMember } from './evidence.ts';
import type { DeclaredMember, PoolBoard } from './pool-board.ts';
import { seriesOf, type SendBucket } from './send-series.ts';

export type PoolSends = {
  byPool(poolIds: readonly string[], since: number): Promise<Map<string, ReadonlyMap<string, readonly SendBucket[]>>>;
  campaigns(sinceByPool: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, CampaignSends[]>>;
};

export type KnownVerdicts = {
  /** The newest BAD_LIST of each of these pools, and the newest EJECT of each of their servers; none: the pool is left out. */
  latest(poolIds: readonly string[]): Promise<ReadonlyMap<string, RotationVerdict[]>>;
};

/**
 * Milliseconds in which a paused campaign has stopped at every sender; what still comes is not held against the next one. A campaign
 * that is resumed before answers for what is sent from then on.
 */
const pausedWithinMs = 30_000;

/**
 * Milliseconds for which a finding that a member should go counts as done, after that as refused by config: the member is judged anew,
 * for the reason may have passed, and not so often that a reason which lasts is a flood.
 */
const settledWithinMs = 5 * 60_000;

export type LoadDeps = {
  sends: PoolSends;
  verdicts: KnownVerdicts;
  board: PoolBoard;
  /** When the campaign was last told to send, milliseconds since 1970; 0: it may not, or it is not known. */
  sendingSince(campaignId: string): number;
  now: number;
};

/** From when on sends count: since the list was found bad last, and what came of it has ended; 0 = always. */
const cleanSinceOf = (latest: readonly RotationVerdict[], sendingSince: LoadDeps['sendingSince']): number => {
  const badList = latest.find(({ kind }) => kind === 'BAD_LIST');
  if (badList === undefined) return 0;
  const resumes = badList.campaignIds.map(sendingSince).filter((at) => at > badList.at);
  return Math.min(badList.at + pausedWithinMs, ...resumes);
};

/** As config will have it once it has rotated out what was found a moment ago. */
const foreseen = (rotation: Rotation, ejectedAt: number, now: number): Rotation => {
  const isOnItsWay = ejectedAt > rotation.since && ejectedAt > now - settledWithinMs;
  return isOnItsWay ? { ...rotation, state: 'OUT', until: null } : rotation;
};

type Known = {
  readonly buckets: ReadonlyMap<string, readonly SendBucket[]> | undefined;
  readonly latest: readonly RotationVerdict[];
  readonly now: number;
};

const completed = (member: DeclaredMember, { buckets, latest, now }: Known): PoolMember => {
  const ejectedAt = latest.find(({ serverId }) => serverId === member.serverId)?.at ?? 0;
  const rotation = foreseen(member.rotation, ejectedAt, now);
  return { ...member, rotation, ejectedAt, series: seriesOf(buckets?.get(member.serverId) ?? []) };
};

/** These pools, in this order, at `now` (milliseconds since 1970). However many: four statements. */
export const loadPools = async (deps: LoadDeps, pools: readonly PoolConfig[]): Promise<JudgedPool[]> => {
  const { sends, verdicts, board, sendingSince, now } = deps;
  const ids = pools.map(({ id }) => id);
  const buckets = await sends.byPool(ids, now - oldestMs);
  const latest = await verdicts.latest(ids);
  const planned = pools.map((pool) => {
    const found = latest.get(pool.id) ?? [];
    return { pool, found, cleanSince: cleanSinceOf(found, sendingSince) };
  });
  const since = new Map(planned.map(({ pool, cleanSince }) => [pool.id, Math.max(cleanSince, now - oldestMs)]));
  const campaigns = await sends.campaigns(since);
  return planned.map(({ pool, found, cleanSince }) => ({
    poolId: pool.id,
    policy: pool.rotateOut,
    members: board
      .members(pool, now)
      .map((member) => completed(member, { buckets: buckets.get(pool.id), latest: found, now })),
    campaigns: campaigns.get(pool.id) ?? [],
    cleanSince,
    now,
  }));
};
