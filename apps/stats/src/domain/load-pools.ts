/** Puts together what is to be judged: pools as config wants them, with what they have sent. */
import type { PoolConfig, Rotation, RotationVerdict } from '@sendpool/contracts';
import { oldestMs, type CampaignSends, type JudgedPool, type PoolMember } from './evidence.ts';
import type { DeclaredMember, PoolBoard } from './pool-board.ts';
import { seriesOf, type SendBucket } from './send-series.ts';

export type PoolSends = {
  byPool(poolIds: readonly string[], since: number): Promise<Map<string, ReadonlyMap<string, readonly SendBucket[]>>>;
  campaigns(poolId: string, since: number): Promise<CampaignSends[]>;
};

export type KnownVerdicts = {
  /** The pool's newest BAD_LIST, and the newest EJECT of each server. */
  latest(poolId: string): Promise<RotationVerdict[]>;
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

/** These pools, in this order, at `now` (milliseconds since 1970). */
export const loadPools = async (deps: LoadDeps, pools: readonly PoolConfig[]): Promise<JudgedPool[]> => {
  const { sends, verdicts, board, sendingSince, now } = deps;
  const ids = pools.map(({ id }) => id);
  const buckets = await sends.byPool(ids, now - oldestMs);
  const loaded: JudgedPool[] = [];
  for (const pool of pools) {
    const latest = await verdicts.latest(pool.id);
    const known = { buckets: buckets.get(pool.id), latest, now };
    const cleanSince = cleanSinceOf(latest, sendingSince);
    loaded.push({
      poolId: pool.id,
      policy: pool.rotateOut,
      members: board.members(pool, now).map((member) => completed(member, known)),
      campaigns: await sends.campaigns(pool.id, Math.max(cleanSince, now - oldestMs)),
      cleanSince,
      now,
    });
  }
  return loaded;
};
