/** The numbers behind the judgement, for people who look: every member of a pool over every window. */
import { measuredText, percent, rateText, restText } from './bounce-words.ts';
import { evidenceOver, windowSizes } from './evidence.ts';
import type { Evidence, JudgedPool, PoolMember } from './evidence.ts';

export type MemberBounceReport = Evidence & { readonly serverId: string; readonly words: string };

const literalText = (evidence: Evidence, { policy }: JudgedPool): string => {
  if (evidence.sends === 0) return 'no sends';
  const { minSends, maxBounceRate } = policy;
  if (evidence.sends < minSends)
    return `${measuredText(evidence)}: not judged below ${minSends.toLocaleString('en-US')} sends`;
  const word = evidence.rate > maxBounceRate ? 'above' : 'within';
  return `${measuredText(evidence)}: ${word} the ${percent(maxBounceRate)} allowed`;
};

const wordsOf = (evidence: Evidence, pool: JudgedPool): string => {
  if (pool.policy.rule === 'LITERAL') return literalText(evidence, pool);
  const text = rateText(evidence, pool.policy.maxBounceRate);
  return evidence.rate > pool.policy.maxBounceRate ? `${text}; ${restText(evidence)}` : text;
};

const rowOf = (pool: JudgedPool, member: PoolMember, window: number): MemberBounceReport => {
  const evidence = evidenceOver(pool, member, window);
  return { ...evidence, serverId: member.serverId, words: wordsOf(evidence, pool) };
};

/** In the order of members and windows. */
export const bounceReport = (pool: JudgedPool): MemberBounceReport[] =>
  pool.members.flatMap((member) => windowSizes.map((window) => rowOf(pool, member, window)));
