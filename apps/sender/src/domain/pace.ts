/**
 * Shares the declared limits of a sending server over the senders by the lanes they own, so that the limits hold for the cluster
 * without a common store: rates as GCRA (generic cell rate algorithm, ITU-T I.371), connections as slots, quotas by lane.
 */

export type Pace = {
  /** When the next message may go, on the clock handed in; a time that has passed means now. */
  readonly nextAt: number;
  /** Counts a message. `stretch` above 1 makes the wait after it so much longer. */
  take(now: number, stretch?: number): void;
  /**
   * The rate of this process in messages a second; null = no limit. It starts empty: it waits for one interval, so that neither a
   * rebalance nor a change of the limit lets a burst through.
   */
  setRate(perSecond: number | null, now: number): void;
  /** Another rate from the next message on; what was counted stays counted. */
  adjustRate(perSecond: number | null): void;
};

/**
 * Timers come late by some milliseconds. What a message loses by that is made up for, else a limit of a thousand messages a second could
 * not be reached: in T milliseconds at most rate * (T + lateMs) + 1 messages go.
 */
export const lateMs = 10;

export const createPace = (): Pace => {
  let intervalMs = 0;
  let nextAt = -Infinity;
  const adjustRate = (perSecond: number | null): void => {
    intervalMs = perSecond === null ? 0 : 1000 / perSecond;
    if (perSecond === null) nextAt = -Infinity;
  };
  return {
    get nextAt() {
      return nextAt;
    },
    take: (now, stretch = 1) => {
      if (intervalMs > 0) nextAt = Math.max(nextAt, now - lateMs) + intervalMs * stretch;
    },
    setRate: (perSecond, now) => {
      adjustRate(perSecond);
      if (perSecond !== null) nextAt = now + intervalMs;
    },
    adjustRate,
  };
};

/** The lanes this process owns, of all lanes of the cluster, which are numbered from 0. */
export type Share = { readonly owned: ReadonlySet<number>; readonly lanes: number };

/** Part of a cluster-wide rate for a process; the parts add up to the whole. No lanes: nothing may go. */
export const rateShare = (perSecond: number | null, { owned, lanes }: Share): number | null =>
  perSecond === null ? null : (perSecond * owned.size) / lanes;

/**
 * Part of a whole number of messages for a process; the parts add up to the whole. What does not divide goes to the lowest lanes, so that
 * the part of each lane shrinks when the whole does: processes that know different wholes never take more than the largest together.
 */
export const laneShare = (count: number, { owned, lanes }: Share): number => {
  const rest = count % lanes;
  let share = owned.size * Math.floor(count / lanes);
  if (rest > 0) for (const lane of owned) if (lane < rest) share += 1;
  return share;
};

/**
 * Slot j of `cap` connections belongs to the owner of lane floor(j * lanes / cap): the parts add up to `cap`. A process with lanes but
 * without a slot has one all the same: nobody else may send what lies in its lanes.
 */
export const connectionShare = (cap: number, { owned, lanes }: Share): number => {
  let slots = 0;
  for (let slot = 0; slot < cap; slot += 1) if (owned.has(Math.floor((slot * lanes) / cap))) slots += 1;
  return slots === 0 && owned.size > 0 ? 1 : slots;
};
