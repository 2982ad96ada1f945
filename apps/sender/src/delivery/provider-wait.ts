/** Messages of a pool that wait for a limit towards their mailbox provider, apart from its queue: mail to others passes them by. */
import { createFifo, type Fifo } from './fifo.ts';
import type { Task } from './task.ts';

/** What holds a message back: a declared limit by name, and until when (milliseconds on the monotonic clock; Infinity: until another message has ended). */
export type HeldBy = { readonly limit: string; readonly until: number };

export type ProviderWait = {
  readonly tasks: Fifo<Task>;
  /** What held the first of them back last. */
  heldBy: HeldBy;
  /** Milliseconds between two messages that leave, on average. */
  spacingMs: number;
  /** When the last one left; null while nobody waits. */
  leftAt: number | null;
  /** When the last message that was sent back to the scheduler is to come again. */
  backAt: number;
};

/** Nothing has left yet, and nothing says when it will. */
const unknownSpacingMs = 1000;

/** A message is not sent away for longer: the limit may be another one by then. */
const longestAwayMs = 600_000;

/** The weight of the newest of the times between two that leave. */
const newest = 1 / 8;

export const createProviderWait = (heldBy: HeldBy, now: number): ProviderWait => ({
  tasks: createFifo(),
  heldBy,
  spacingMs: heldBy.until < Infinity ? Math.max(1, heldBy.until - now) : unknownSpacingMs,
  leftAt: null,
  backAt: -Infinity,
});

/** So many have left now. */
export const noteLeft = (wait: ProviderWait, count: number, now: number): void => {
  if (count > 0) {
    if (wait.leftAt !== null) wait.spacingMs += ((now - wait.leftAt) / count - wait.spacingMs) * newest;
    wait.leftAt = now;
  }
  if (wait.tasks.length === 0) wait.leftAt = null;
};

/** Milliseconds that one more message is to stay away, so that those that were sent away come again one by one as the limit lets them go. */
export const stayAwayMs = (wait: ProviderWait, now: number): number => {
  const { heldBy, spacingMs, tasks } = wait;
  const first = heldBy.until < Infinity ? heldBy.until : now;
  const next = Math.max(wait.backAt, first + tasks.length * spacingMs) + spacingMs;
  wait.backAt = Math.min(next, now + longestAwayMs);
  return Math.round(wait.backAt - now);
};
