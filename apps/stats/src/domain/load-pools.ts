/** Puts together what is to be judged: pools as config wants them, with what they have sent. */
import type { PoolConfig } from '@sendpool/contracts';
import { oldestMs, type CampaignSends, type JudgedPool, type PoolMember } from './evidence.ts';
import { ejectId } from './finding.ts';
import type { PoolBoard } from './pool-board.ts';
import { seriesOf, type SendBucket } from './send-series.ts';

export type PoolSends = {
  byPool(poolIds: readonly string[], since: number): Promise<Map<string, ReadonlyMap<string, readonly SendBucket[]>>>;
  campaigns(poolId: string, since: number): Promise<CampaignSends[]>;
};

export type KnownVerdicts = {
  /** Of these ids the ones of verdicts that were found at `since` or later. */
  known(ids: readonly string[], since: number): Promise<Set<string>>;
  /** When the pool's list was last found bad, milliseconds since 1970; 0: never. */
  badListAt(poolId: string): Promise<number>;
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

/** These pools, in this order, at `now` (milliseconds since 1970). */
export const loadPools = async (deps: LoadDeps, pools: readonly PoolConfig[]): Promise<JudgedPool[]> => {
  const { sends, verdicts, board, now } = deps;
  const ids = pools.map(({ id }) => id);
  const buckets = await sends.byPool(ids, now - oldestMs);
  const loaded: JudgedPool[] = [];
  for (const pool of pools) {
    const members = board.members(pool, now);
    const ejects = members.map((member) => ejectId(pool.id, member, now));
    const ejected = await verdicts.known(ejects, now - appliedWithinMs);
    const badListAt = await verdicts.badListAt(pool.id);
    const cleanSince = badListAt === 0 ? 0 : badListAt + pausedWithinMs;
    loaded.push({
      poolId: pool.id,
      policy: pool.rotateOut,
      members: members.map((member, at) =>
        withSends(ejected.has(ejects[at]!) ? asOut(member) : member, buckets.get(pool.id)),
      ),
      campaigns: await sends.campaigns(pool.id, Math.max(cleanSince, now - oldestMs)),
      cleanSince,
      now,
    });
  }
  return loaded;
};
