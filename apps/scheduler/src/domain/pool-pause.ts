/** A pool without a usable server: its slices stop with growing delays, and a probe slice of few messages finds out when it is back. */
import type { RetryPolicy } from './recipient.ts';

export type PoolPause = {
  readonly poolId: string;
  /** Probes since it had a server, and one for the first message that found none; 0 = it has one, no row is kept. */
  readonly strikes: number;
  /** Nothing is published through the pool before; then one probe slice. */
  readonly until: number;
};

/** The reason of a RELEASED outcome that pauses the pool. */
export const noServerReason = 'NO_SERVER';
/** The reason of a DEFERRED outcome of a message that failed at every server while these take others. */
export const serversFailedReason = 'SERVERS_FAILED';
/** The reason of a RELEASED outcome of a lane whose window is nearly full. */
export const busyReason = 'BUSY';

const delay = (strikes: number, policy: RetryPolicy): number =>
  Math.min(policy.poolPauseMs.max, policy.poolPauseMs.first * 2 ** (strikes - 1));

/** The pause after one more message came back for want of a server. While a pause runs, further ones say nothing new. */
export const struck = (
  pause: PoolPause | undefined,
  poolId: string,
  when: { now: number; policy: RetryPolicy },
): PoolPause => {
  if (pause !== undefined && pause.strikes > 0 && pause.until > when.now) return pause;
  const strikes = (pause?.strikes ?? 0) + 1;
  return { poolId, strikes, until: when.now + delay(strikes, when.policy) };
};

/** The pause after a probe slice was taken: no other one before the next, longer delay is over. A probe that gets through ends the pause. */
export const probed = (pause: PoolPause, when: { now: number; policy: RetryPolicy }): PoolPause => {
  const strikes = pause.strikes + 1;
  return { ...pause, strikes, until: when.now + delay(strikes, when.policy) };
};
