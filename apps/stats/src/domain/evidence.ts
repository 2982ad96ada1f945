/** What the judge knows of the members of a pool, and the numbers it holds against each. */
import type { Rotation, RotateOutPolicy, RotationEvidence } from '@sendpool/contracts';
import { addSends, lowerBound, neededRate, noSends, rateOf, zAgainst, type Sends } from './bounce-test.ts';
import { lastSends, sendsSince, type SendSeries } from './send-series.ts';

/** Own sends that are looked at, the newest ones. */
export const windowSizes = [500, 2000, 10_000, 50_000] as const;

/** Nothing older is looked at. */
export const oldestMs = 72 * 3_600_000;

/** Standard deviations, of the Wilson bound and of the difference to the rest alike: selection.md, section 3. */
export const strictness = { IN: 4, OUT: 4, PROBATION: 2.5 } as const;

export type PoolMember = {
  readonly serverId: string;
  readonly weight: number;
  readonly rotation: Rotation;
  /** When it was last found that it should go, whatever became of that; milliseconds since 1970, 0: never. */
  readonly ejectedAt: number;
  /** Active, verified, and of some weight. */
  readonly isUsable: boolean;
  /** On a day of its warm-up plan. */
  readonly isWarmingUp: boolean;
  readonly series: SendSeries;
};

/** Sends of one campaign through the pool. */
export type CampaignSends = Sends & { readonly campaignId: string };

export type JudgedPool = {
  readonly poolId: string;
  readonly policy: RotateOutPolicy;
  readonly members: readonly PoolMember[];
  /** Since `cleanSince`. */
  readonly campaigns: readonly CampaignSends[];
  /** Sends before this were found to be of a bad list, and say nothing about servers. Milliseconds since 1970; 0: never. */
  readonly cleanSince: number;
  /** Milliseconds since 1970. */
  readonly now: number;
};

export type Evidence = RotationEvidence & {
  /** Begin of the window, milliseconds since 1970. */
  readonly from: number;
};

/** Members that get mail and are judged. */
export const inPlay = ({ members }: JudgedPool): PoolMember[] =>
  members.filter(({ isUsable, rotation }) => isUsable && rotation.state !== 'OUT');

/** Counters are fresh after each change of rotation and after a bad list. Milliseconds since 1970. */
export const countedSince = (pool: JudgedPool, member: PoolMember): number =>
  Math.max(member.rotation.since, pool.cleanSince, pool.now - oldestMs);

const sendsOf = (pool: JudgedPool, member: PoolMember, from: number): Sends =>
  sendsSince(member.series, Math.max(from, countedSince(pool, member)));

/** Sends of these members from `from` (milliseconds since 1970) on. */
export const totalOf = (pool: JudgedPool, members: readonly PoolMember[], from: number): Sends =>
  members.reduce((sum, member) => addSends(sum, sendsOf(pool, member, from)), noSends);

/** The other members in play over the same time. */
export const restOf = (pool: JudgedPool, member: PoolMember, from: number): Sends =>
  totalOf(
    pool,
    inPlay(pool).filter((other) => other !== member),
    from,
  );

/** `window`: the size that was asked for; `sends` may be fewer, or more by a part of the oldest bucket. */
export const evidenceOf = (
  { rule, maxBounceRate }: RotateOutPolicy,
  own: Sends & { window: number; from: number; z: number },
  rest: Sends,
): Evidence => ({
  rule,
  window: own.window,
  from: own.from,
  sends: own.sends,
  bounced: own.bounced,
  rate: rateOf(own),
  lowerBound: lowerBound(own, own.z),
  needed: neededRate(own.sends, maxBounceRate, own.z),
  restRate: rest.sends === 0 ? null : rateOf(rest),
  z: zAgainst(own, rest),
});

/** The evidence over the newest `window` own sends. */
export const evidenceOver = (pool: JudgedPool, member: PoolMember, window: number): Evidence => {
  const own = lastSends(member.series, window, countedSince(pool, member)) ?? { ...noSends, from: pool.now };
  const z = strictness[member.rotation.state];
  return evidenceOf(pool.policy, { ...own, window, z }, restOf(pool, member, own.from));
};

/** One for each window that holds other sends than the smaller ones. */
export const evidences = (pool: JudgedPool, member: PoolMember): Evidence[] => {
  const { rule, minSends } = pool.policy;
  const sizes: number[] = [...windowSizes];
  if (rule === 'LITERAL' && minSends > sizes.at(-1)!) sizes.push(minSends);
  const all = sizes.map((size) => evidenceOver(pool, member, size));
  return all.filter(({ sends }, at) => sends > (all[at - 1]?.sends ?? 0));
};
