/**
 * Messages of a pool that wait for a limit towards their mailbox provider, apart from its queue: other mail passes them by. A crowd is of
 * one provider and one From domain, since these decide which servers its messages may go to.
 */
import { createFifo, type Fifo } from './fifo.ts';
import type { Task } from './task.ts';

/** What holds a crowd back: a declared limit, until when (monotonic milliseconds; Infinity: until another message has ended), and its rate when it is one. */
export type HeldBy = { readonly limit: string; readonly until: number; readonly perSecond: number | null };

export type Crowd = {
  readonly tasks: Fifo<Task>;
  /** What held the first of them back last. */
  heldBy: HeldBy;
  /** Milliseconds between two messages that leave, on average. */
  spacingMs: number;
  /** When the last one left; null = none yet. */
  leftAt: number | null;
  /** When the last message that was sent away is to come again. */
  backAt: number;
};

/** Nothing has left yet, and the limit is no rate: rather too early than too late. */
const unknownSpacingMs = 50;

/** A message that comes again at once would only go round. */
const leastAwayMs = 500;

/** A message is not sent away for much longer: the limit may be another one by then. */
const longestAwayMs = 600_000;

/** Weight of the newest of the times between two that leave. */
const newest = 1 / 8;

export const createCrowd = (heldBy: HeldBy): Crowd => ({
  tasks: createFifo(),
  heldBy,
  spacingMs: heldBy.perSecond === null ? unknownSpacingMs : 1000 / heldBy.perSecond,
  leftAt: null,
  backAt: -Infinity,
});

/** So many have left now. */
export const noteLeft = (crowd: Crowd, count: number, now: number): void => {
  if (count === 0) return;
  if (crowd.leftAt !== null) crowd.spacingMs += ((now - crowd.leftAt) / count - crowd.spacingMs) * newest;
  crowd.leftAt = now;
};

/**
 * Milliseconds for which one more message is sent away. Each gets a time of its own, as the limit is likely to let them go; those beyond the
 * longest time are spread over its second half by `random` (0 to 1), so that they do not come back together.
 */
export const reserveReturn = (crowd: Crowd, now: number, random: number): number => {
  const { heldBy, spacingMs, tasks } = crowd;
  const first = heldBy.until < Infinity ? Math.max(now, heldBy.until) : now;
  const next = Math.max(crowd.backAt, first + tasks.length * spacingMs) + spacingMs;
  if (next - now > longestAwayMs) return Math.round((longestAwayMs * (1 + random)) / 2);
  crowd.backAt = next;
  return Math.max(leastAwayMs, Math.round(next - now));
};
