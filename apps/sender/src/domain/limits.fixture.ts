/** For specs: the limits of a server on a clock that is moved by hand, with builders for what config declares. */
import { onlyConnections, type SendingServerConfig, type ServerLimits, type WarmUp } from '@sendpool/contracts';
import { serverRecord } from '@sendpool/testing';
import {
  applyDeclared,
  beginAt,
  beginConversation,
  choiceAt,
  createLimits,
  endConversation,
  letThrough,
  type Limits,
} from './limits.ts';
import type { Share } from './pace.ts';

export const day = 86_400_000;
/** A midnight in UTC. */
export const midnight = 20_000 * day;

export const declaring = (limits: Partial<ServerLimits>, warmUp: Partial<WarmUp> | null = null): SendingServerConfig =>
  serverRecord({
    warmUp: warmUp === null ? null : { startsAt: midnight, heldDays: 0, perDay: [], providers: [], ...warmUp },
    limits: { ...onlyConnections(100), ...limits },
  });

export const shareOf = (owned: Iterable<number>, lanes = 12): Share => ({ owned: new Set(owned), lanes });

export type Hand = { now: number; pending: number };

/** Both clocks show `hand.now`. */
export const limitsAt = (hand: Hand, share: Share = shareOf([0], 1), usageWaitMs = 0): Limits =>
  createLimits(
    { clock: { now: () => hand.now, monotonic: () => hand.now }, usageWaitMs, pending: () => hand.pending },
    share,
  );

export const limitsWith = (
  hand: Hand,
  limits: Partial<ServerLimits>,
  warmUp: Partial<WarmUp> | null = null,
): Limits => {
  const made = limitsAt(hand);
  applyDeclared(made, declaring(limits, warmUp));
  return made;
};

/** Begins one conversation if choice and conversation are let through now. */
export const tryBegin = (limits: Limits, provider = 'other'): boolean => {
  const now = limits.deps.clock.monotonic();
  if (choiceAt(limits, provider) > now || beginAt(limits, provider) > now) return false;
  letThrough(limits, provider, false);
  beginConversation(limits, provider, now);
  return true;
};

/** Sends until the limits hold it back, `most` at most; returns how many went. */
export const sendAll = (limits: Limits, provider = 'other', most = 1000): number => {
  let sent = 0;
  for (; sent < most && tryBegin(limits, provider); sent += 1) endConversation(limits, provider, true);
  return sent;
};
