/**
 * Shares the declared limits of a sending server over the senders by the lanes they own, so that the limits hold for the cluster
 * without a common store: rates as GCRA (generic cell rate algorithm, ITU-T I.371), connections as slots.
 */

export type Pace = {
  /** When the next message may go, on the clock handed in; a time that has passed means now. */
  readonly nextAt: number;
  /** Counts a message. */
  take(now: number): void;
  /**
   * The rate of this process in messages a second; null = no limit. A process that is given other lanes starts empty: it waits
   * for one interval, so that a rebalance does not let a burst through.
   */
  setRate(perSecond: number | null, now: number): void;
};

export const createPace = (): Pace => {
  let intervalMs = 0;
  let nextAt = -Infinity;
  return {
    get nextAt() {
      return nextAt;
    },
    take: (now) => {
      if (intervalMs > 0) nextAt = Math.max(nextAt, now) + intervalMs;
    },
    setRate: (perSecond, now) => {
      intervalMs = perSecond === null ? 0 : 1000 / perSecond;
      nextAt = perSecond === null ? -Infinity : now + intervalMs;
    },
  };
};

/** Part of a cluster-wide rate for a process with `owned` of `all` lanes; the parts add up to the whole. 0 lanes: nothing may go. */
export const rateShare = (perSecond: number | null, owned: number, all: number): number | null =>
  perSecond === null ? null : (perSecond * owned) / all;

/**
 * Slot j of `cap` connections belongs to the owner of lane floor(j * lanes / cap): the parts add up to `cap`. A process with lanes but
 * without a slot has one all the same: nobody else may send what lies in its lanes.
 */
export const connectionShare = (cap: number, owned: ReadonlySet<number>, lanes: number): number => {
  let slots = 0;
  for (let slot = 0; slot < cap; slot += 1) if (owned.has(Math.floor((slot * lanes) / cap))) slots += 1;
  return slots === 0 && owned.size > 0 ? 1 : slots;
};
