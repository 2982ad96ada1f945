/** A pool without a usable server, or whose servers are all at a limit: its slices stop with growing delays, and a probe slice of few messages finds out when it is back. */
import type { RetryPolicy } from './recipient.ts';

export type PoolPause = {
  readonly poolId: string;
  /** Probes since it had a server, and one for the first message that found none; 0 = it has one, no row is kept. */
  readonly strikes: number;
  /** Nothing is published through the pool before; then one probe slice. */
  readonly until: number;
  /** Of the outcome that began it: `NO_SERVER`, or the limit that was reached. */
  readonly reason: string;
};

/** The reason of a RELEASED outcome of a message for which no server was to be had. */
const noServerReason = 'NO_SERVER';
/** … or only servers that are at a declared limit; the name of the limit may follow, as in `LIMITED:messagesPerDay`. */
const limitedReason = /^LIMITED(?::(\S+))?$/;
/** The limit is one to the recipient's mailbox provider, as in `LIMITED:gmail messagesPerDay`: the others go on. */
const providerLimitedReason = /^LIMITED:\S+ \S+$/;

/** True for the reasons that pause the pool: none of its servers may send now. */
export const isPoolReason = (reason: string | null): reason is string =>
  reason !== null && (reason === noServerReason || limitedReason.test(reason));
/** The reason of a DEFERRED outcome of a message that failed at every server while these take others. */
export const serversFailedReason = 'SERVERS_FAILED';
/** The reason of a RELEASED outcome of a lane whose window is nearly full. */
export const busyReason = 'BUSY';
/** The reason of a RELEASED outcome of a campaign whose templates the sender cannot read. */
const badContentReason = 'BAD_CONTENT';

/** All that is left is in doubt: a conversation that outlived its sender may still tell. */
export const doubtReason = 'DOUBT';

/** True for the reasons that hold a campaign back, whatever its pool can do. */
export const isCampaignReason = (reason: string | null): reason is string => reason === badContentReason;

/** `messagesPerDay` as `messages per day`. */
const limitInWords = (limit: string): string => limit.replaceAll(/(?=[A-Z])/g, ' ').toLowerCase();

/** True when only recipients of the same mailbox provider have to wait. */
export const isProviderLimit = (reason: string | null): boolean =>
  reason !== null && providerLimitedReason.test(reason);

/** Why a campaign waits, in words for people. */
export const waitingInWords = (reason: string): string => {
  if (reason === doubtReason) return 'waiting until no late reply can come for those that are UNKNOWN';
  if (isCampaignReason(reason))
    return 'waiting for content that can be read: pause it, correct the templates, and resume';
  const limited = limitedReason.exec(reason);
  if (limited === null) return 'waiting for a server';
  return limited[1] === undefined
    ? 'waiting for a limit of its servers'
    : `waiting for a limit of ${limitInWords(limited[1])}`;
};

const delay = (strikes: number, policy: RetryPolicy): number =>
  Math.min(policy.poolPauseMs.max, policy.poolPauseMs.first * 2 ** (strikes - 1));

/** The pause after one more message came back for `reason`. While a pause runs, further ones say nothing new. */
export const struck = (
  pause: PoolPause | undefined,
  poolId: string,
  when: { now: number; policy: RetryPolicy; reason: string },
): PoolPause => {
  if (pause !== undefined && pause.strikes > 0 && pause.until > when.now) return pause;
  const strikes = (pause?.strikes ?? 0) + 1;
  return { poolId, strikes, until: when.now + delay(strikes, when.policy), reason: when.reason };
};

/** The pause after a probe slice was taken: no other one before the next, longer delay is over. A probe that gets through ends the pause. */
export const probed = (pause: PoolPause, when: { now: number; policy: RetryPolicy }): PoolPause => {
  const strikes = pause.strikes + 1;
  return { ...pause, strikes, until: when.now + delay(strikes, when.policy) };
};
