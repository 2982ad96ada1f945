/** A finding of the judge: a verdict that nobody has stored yet. Its id is the same for the same finding, in every process and round. */
import { dayMs, type RotationVerdict, type VerdictKind } from '@sendpool/contracts';
import type { Evidence, JudgedPool, PoolMember } from './evidence.ts';

export type Finding = Omit<RotationVerdict, 'evidence'> & { readonly evidence: Evidence };

/** Days since 1970, in UTC. */
export const dayOf = (at: number): number => Math.floor(at / dayMs);

/**
 * A rotation changes once for each verdict about it, so its `since` names the finding. An eject that config has refused changes nothing,
 * so the next one is named by the one before it. A warning comes once a day and reason.
 * A warm-up is held once a day, whichever pool says so.
 */
const idOf = (pool: JudgedPool, member: PoolMember, kind: VerdictKind, reason: string): string => {
  if (kind === 'HOLD_WARM_UP') return `${kind}:${member.serverId}:${dayOf(pool.now)}`;
  const rotation = `${pool.poolId}:${member.serverId}:${member.rotation.since}`;
  if (kind === 'WARN') return `${kind}:${rotation}:${dayOf(pool.now)}:${reason}`;
  return kind === 'EJECT' ? `${kind}:${rotation}:${member.ejectedAt}` : `${kind}:${rotation}`;
};

/** What is found, in words; `reason` tells the warnings of a day apart. */
export type Found = {
  readonly kind: VerdictKind;
  readonly evidence: Evidence;
  readonly words: string;
  readonly reason?: string;
};

export const memberFinding = (pool: JudgedPool, member: PoolMember, found: Found): Finding => ({
  id: idOf(pool, member, found.kind, found.reason ?? ''),
  kind: found.kind,
  poolId: pool.poolId,
  serverId: member.serverId,
  campaignIds: [],
  at: pool.now,
  evidence: found.evidence,
  words: found.words,
});

/** About the pool as a whole. After each one the counters are fresh. */
export const badListFinding = (
  pool: JudgedPool,
  found: { evidence: Evidence; campaignIds: string[]; words: string },
): Finding => ({
  ...found,
  id: `BAD_LIST:${pool.poolId}:${pool.cleanSince}`,
  kind: 'BAD_LIST',
  poolId: pool.poolId,
  serverId: null,
  at: pool.now,
});
