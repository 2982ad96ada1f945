/**
 * Judges the members of a pool by their bounces (selection.md, section 3). Pure: the same sends give the same findings.
 * Rates move when one looks after every message; so a member goes only when its rate is surely above the limit and surely worse than
 * that of the rest of the pool, which the same parts of the same list have met.
 */
import { startOfDay, type RotateOutPolicy } from '@sendpool/contracts';
import { findBadList, isSurelyAbove } from './bad-list.ts';
import { fewestSends, measuredText, percent, rateText, restText, sendsText } from './bounce-words.ts';
import { countedSince, evidenceOver, evidences, inPlay, oldestMs, strictness, windowSizes } from './evidence.ts';
import type { Evidence, JudgedPool, PoolMember } from './evidence.ts';
import { memberFinding, type Finding } from './finding.ts';

/** Own sends below the limit after which a probation is passed. */
const promoteAfter = 2000;

/** Milliseconds after which a probation of fewer sends is over: there will not be more of them, for older ones are not looked at. */
export const probationMs = oldestMs;

/** The narrowest window moves too much to be worth a word, once there are sends for a wider one. */
const [narrow, wider, , widest] = windowSizes;

const isWorse = ({ z }: Evidence, member: PoolMember): boolean => (z ?? 0) >= strictness[member.rotation.state];

/** What would take this member out, were it up to its own numbers. */
const chargeOf = (pool: JudgedPool, member: PoolMember): Evidence | undefined => {
  const { rule, maxBounceRate, minSends } = pool.policy;
  return evidences(pool, member).find((evidence) =>
    rule === 'LITERAL'
      ? evidence.sends >= minSends && evidence.rate > maxBounceRate
      : isSurelyAbove(evidence, pool.policy) && isWorse(evidence, member),
  );
};

const weightOf = (members: readonly PoolMember[]): number => members.reduce((sum, { weight }) => sum + weight, 0);

/** Why the member stays all the same; undefined when it may go. */
const protectionOf = (pool: JudgedPool, member: PoolMember): { reason: string; words: string } | undefined => {
  const left = inPlay(pool).filter((other) => other !== member);
  if (left.length === 0) return { reason: 'LAST', words: 'it is the last usable member of the pool' };
  const usable = pool.members.filter(({ isUsable }) => isUsable);
  if (weightOf(left) * 2 >= weightOf(usable)) return undefined;
  return { reason: 'HALF', words: 'more than half of the weight of the pool would be out' };
};

const chargeWords = (evidence: Evidence, { policy }: JudgedPool): string =>
  evidence.rule === 'LITERAL'
    ? `${measuredText(evidence)}: above ${percent(policy.maxBounceRate)}`
    : `${rateText(evidence, policy.maxBounceRate)}, and worse than the others: ${restText(evidence)}`;

const chargeFinding = (pool: JudgedPool, member: PoolMember, evidence: Evidence): Finding => {
  const words = chargeWords(evidence, pool);
  const held = protectionOf(pool, member);
  if (held === undefined) return memberFinding(pool, member, { kind: 'EJECT', evidence, words });
  const reason = held.reason;
  return memberFinding(pool, member, { kind: 'WARN', evidence, words: `${words}; it stays: ${held.words}`, reason });
};

/** Surely above the limit, but not surely worse than the others, or there are no others. */
const sureWarning = (pool: JudgedPool, member: PoolMember, evidence: Evidence): Finding => {
  const isAlone = inPlay(pool).length === 1;
  const why = isAlone ? 'it is the only usable member of the pool' : `not surely worse: ${restText(evidence)}`;
  const words = `${rateText(evidence, pool.policy.maxBounceRate)}; it stays: ${why}`;
  return memberFinding(pool, member, { kind: 'WARN', evidence, words, reason: isAlone ? 'ALONE' : 'NOT_WORSE' });
};

const unsureWarning = (pool: JudgedPool, member: PoolMember, evidence: Evidence): Finding => {
  const { rule, minSends, maxBounceRate } = pool.policy;
  const words =
    rule === 'LITERAL'
      ? `${measuredText(evidence)}: not judged below ${sendsText(minSends)}`
      : rateText(evidence, maxBounceRate);
  return memberFinding(pool, member, { kind: 'WARN', evidence, words, reason: 'UNSURE' });
};

/** Above the limit, and no charge against it. */
const warningOf = (pool: JudgedPool, member: PoolMember): Finding | undefined => {
  const { rule, maxBounceRate } = pool.policy;
  const all = evidences(pool, member);
  const above = all.filter(({ sends, rate }) => sends >= fewestSends && rate > maxBounceRate);
  const sure = above.find((evidence) => rule === 'SIGNIFICANT' && isSurelyAbove(evidence, pool.policy));
  if (sure !== undefined) return sureWarning(pool, member, sure);
  const hasMany = (all.at(-1)?.sends ?? 0) >= wider;
  const unsure = above.findLast(({ window }) => window > narrow || !hasMany);
  return unsure && unsureWarning(pool, member, unsure);
};

/** Too few sends to be judged speak against it only when even they are surely above the limit. */
const speaksAgainst = ({ sends, rate, lowerBound }: Evidence, { maxBounceRate }: RotateOutPolicy): boolean =>
  sends < fewestSends ? lowerBound > maxBounceRate : rate > maxBounceRate;

const probationHours = `${probationMs / 3_600_000} hours`;

const promotionOf = (pool: JudgedPool, member: PoolMember): Finding | undefined => {
  const { state, since } = member.rotation;
  if (state !== 'PROBATION') return undefined;
  const evidence = evidenceOver(pool, member, widest);
  if (speaksAgainst(evidence, pool.policy)) return undefined;
  const measured = rateText(evidence, pool.policy.maxBounceRate);
  const passed = (words: string): Finding => memberFinding(pool, member, { kind: 'PROMOTE', evidence, words });
  if (evidence.sends >= promoteAfter) return passed(`${measured}: probation is passed`);
  const isOver = since <= pool.now - probationMs;
  return isOver ? passed(`${measured}; nothing spoke against it in ${probationHours}: probation is over`) : undefined;
};

const returnOf = (pool: JudgedPool, member: PoolMember): Finding | undefined => {
  const { state, until } = member.rotation;
  if (state !== 'OUT' || until === null || until > pool.now) return undefined;
  const words = 'its time out is over: it comes back on probation';
  return memberFinding(pool, member, { kind: 'RETURN', evidence: evidenceOver(pool, member, widest), words });
};

/** Sends of the day alone: the plan is by days. */
const holdOf = (pool: JudgedPool, member: PoolMember): Finding | undefined => {
  if (!member.isWarmingUp) return undefined;
  const today = { ...pool, cleanSince: Math.max(countedSince(pool, member), startOfDay(pool.now)) };
  const evidence = evidenceOver(today, member, widest);
  if (evidence.sends < fewestSends || evidence.rate <= pool.policy.maxBounceRate) return undefined;
  const words = `${measuredText(evidence)} today, above ${percent(pool.policy.maxBounceRate)}: its warm-up does not go on`;
  return memberFinding(pool, member, { kind: 'HOLD_WARM_UP', evidence, words });
};

type Charge = { readonly member: PoolMember; readonly evidence: Evidence };

const chargesOf = (pool: JudgedPool): Charge[] =>
  inPlay(pool)
    .flatMap((member) => {
      const evidence = chargeOf(pool, member);
      return evidence === undefined ? [] : [{ member, evidence }];
    })
    .sort((a, b) => b.evidence.lowerBound - a.evidence.lowerBound);

/** One goes at a time, the worst: without it the others are another rest. */
const rotateOut = (pool: JudgedPool): Finding[] => {
  if (pool.policy.rule === 'OFF') return [];
  const badList = findBadList(pool);
  if (badList !== undefined) return [badList];
  const charges = chargesOf(pool).map(({ member, evidence }) => chargeFinding(pool, member, evidence));
  const charged = new Set(charges.map(({ serverId }) => serverId));
  const eject = charges.find(({ kind }) => kind === 'EJECT');
  const warnings = inPlay(pool).flatMap((member) =>
    charged.has(member.serverId) ? [] : (warningOf(pool, member) ?? []),
  );
  return [...(eject ? [eject] : []), ...charges.filter(({ kind }) => kind === 'WARN'), ...warnings];
};

/** Everything that is to be said about the pool now; what was said before is said again with the same id. OFF: nobody goes, nobody is warned of. */
export const judgePool = (pool: JudgedPool): Finding[] => [
  ...rotateOut(pool),
  ...pool.members.flatMap((member) => returnOf(pool, member) ?? []),
  ...inPlay(pool).flatMap((member) =>
    [promotionOf(pool, member), holdOf(pool, member)].flatMap((found) => found ?? []),
  ),
];
