/** Long calculations in short turns, so that the event loop is free in between; a bound says how much one request may have worked out. */
import type { Clock } from '@sendpool/kernel';

/** A calculation step by step: it yields how much work each step was, in units of its own, and returns its result. */
export type Steps<T> = Generator<number, T, void>;

/** Longest time that a calculation holds the event loop, but for the step that it is in. */
const turnMs = 10;

/** Resolves each call in a round of the event loop of its own: of all that wait for a turn, one goes on in each round. */
export const createTurns = (): (() => Promise<void>) => {
  let last = Promise.resolve();
  return () => (last = last.then(() => new Promise((resolve) => setImmediate(resolve))));
};

export type TurnDeps = Pick<Clock, 'monotonic'> & { turn(): Promise<void> };

/**
 * What one request may have worked out: one calculation after the other, all together at most `units` of work. One that needs more than
 * is left is given up, and gives undefined.
 */
export const createAllowance = ({ turn, monotonic }: TurnDeps, units: number) => {
  let left = units;
  let last: Promise<unknown> = Promise.resolve();
  const takeTurn = <T>(steps: Steps<T>): IteratorResult<number, T> => {
    const end = monotonic() + turnMs;
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step;
      left -= step.value;
      if (left <= 0 || monotonic() >= end) return step;
    }
  };
  const workOut = async <T>(steps: Steps<T>): Promise<T | undefined> => {
    for (;;) {
      if (left <= 0) return undefined;
      await turn();
      const step = takeTurn(steps);
      if (step.done === true) return step.value;
    }
  };
  return async <T>(steps: Steps<T>): Promise<T | undefined> => {
    const mine = last.then(() => workOut(steps));
    last = mine.catch(() => undefined);
    return mine;
  };
};
