/**
 * Is it the list? All members get every part of a list in turn, so a bad one shows at all of them. A member that is worse than the rest
 * is left out of the question: what it does is its own.
 */
import type { RotateOutPolicy } from '@sendpool/contracts';
import { lowerBound, noSends, zAgainst, type Sends } from './bounce-test.ts';
import { fewestSends, measuredText, percent } from './bounce-words.ts';
import { evidenceOf, evidences, inPlay, restOf, strictness, totalOf } from './evidence.ts';
import type { Evidence, JudgedPool, PoolMember } from './evidence.ts';
import { badListFinding, type Finding } from './finding.ts';

/** Standard deviations from which on a member may itself be the cause. */
const suspectZ = 2;

export const isSurelyAbove = ({ sends, lowerBound }: Evidence, { maxBounceRate }: RotateOutPolicy): boolean =>
  sends >= fewestSends && lowerBound > maxBounceRate;

const isSuspect = (pool: JudgedPool, member: PoolMember, from: number): boolean =>
  (zAgainst(totalOf(pool, [member], from), restOf(pool, member, from)) ?? 0) > suspectZ;

const weightOf = (members: readonly PoolMember[]): number => members.reduce((sum, { weight }) => sum + weight, 0);

const poolEvidence = (pool: JudgedPool, own: Sends, place: { window: number; from: number }): Evidence =>
  evidenceOf(pool.policy, { ...own, ...place, z: strictness.IN }, noSends);

/** The pool from then on, without members that may themselves be the cause; undefined when less than two are left. */
const innocentEvidence = (pool: JudgedPool, from: number, window: number): Evidence | undefined => {
  const innocent = inPlay(pool).filter((member) => !isSuspect(pool, member, from));
  const sending = innocent.filter((member) => totalOf(pool, [member], from).sends > 0);
  return sending.length < 2 ? undefined : poolEvidence(pool, totalOf(pool, innocent, from), { window, from });
};

const busiest = (pool: JudgedPool): PoolMember | undefined => {
  const total = (member: PoolMember): number => totalOf(pool, [member], 0).sends;
  return inPlay(pool).toSorted((a, b) => total(b) - total(a))[0];
};

/** The pool is surely above the limit over one of the windows of its busiest member. */
const wholePoolAbove = (pool: JudgedPool): Evidence | undefined => {
  const member = busiest(pool);
  if (member === undefined) return undefined;
  for (const { window, from } of evidences(pool, member)) {
    const whole = totalOf(pool, inPlay(pool), from);
    // Looking for a culprit costs more than the plain question, and most pools end here.
    if (lowerBound(whole, strictness.IN) <= pool.policy.maxBounceRate) continue;
    const evidence = innocentEvidence(pool, from, window);
    if (evidence !== undefined && isSurelyAbove(evidence, pool.policy)) return evidence;
  }
  return undefined;
};

/** The evidence that is surely above the limit, of a member that is not worse than a rest that can be compared with it. */
const sharedGuilt = (pool: JudgedPool, member: PoolMember): Evidence | undefined =>
  evidences(pool, member).find(
    (evidence) =>
      isSurelyAbove(evidence, pool.policy) &&
      restOf(pool, member, evidence.from).sends >= fewestSends &&
      !isSuspect(pool, member, evidence.from),
  );

/** Members with half of the weight are surely above the limit. */
const halfAbove = (pool: JudgedPool): Evidence | undefined => {
  const members = inPlay(pool);
  const guilty = members.filter((member) => sharedGuilt(pool, member) !== undefined);
  const first = guilty[0] && sharedGuilt(pool, guilty[0]);
  if (first === undefined || weightOf(guilty) * 2 < weightOf(members)) return undefined;
  return poolEvidence(pool, totalOf(pool, members, first.from), first);
};

const wordsOf = (evidence: Evidence, limit: number): string =>
  `${measuredText(evidence)} of the whole pool, above ${percent(limit)} and not of one server: it is the list`;

/**
 * The campaigns that sent what bounced: those that are themselves surely above the limit. Bounces clump; over all that a campaign has
 * sent, a few bad parts of a good list even out, so without such a campaign there is no bad list.
 */
const blamed = ({ campaigns, policy }: JudgedPool): string[] =>
  campaigns
    .filter((sends) => sends.sends >= fewestSends && lowerBound(sends, strictness.IN) > policy.maxBounceRate)
    .map(({ campaignId }) => campaignId)
    .sort();

export const findBadList = (pool: JudgedPool): Finding | undefined => {
  const campaignIds = blamed(pool);
  if (campaignIds.length === 0 || inPlay(pool).length < 2) return undefined;
  const evidence = wholePoolAbove(pool) ?? halfAbove(pool);
  if (evidence === undefined) return undefined;
  return badListFinding(pool, { evidence, campaignIds, words: wordsOf(evidence, pool.policy.maxBounceRate) });
};
