/** Counts what happened in the last ten seconds, in whole seconds. */

export type Window = {
  add(now: number): void;
  /** How many there were in the last ten seconds up to `now` (milliseconds, the same clock as for `add`). */
  count(now: number): number;
  /** On average of the seconds in which there was any. */
  perSecond(now: number): number;
};

const seconds = 10;

type State = { counts: number[]; second: number };

/** Seconds that have passed without anything are empty. */
const moveTo = (state: State, now: number): void => {
  const second = Math.floor(now / 1000);
  if (second - state.second >= seconds) state.counts.fill(0);
  else for (let empty = state.second + 1; empty <= second; empty += 1) state.counts[empty % seconds] = 0;
  state.second = Math.max(state.second, second);
};

const countOf = (state: State, now: number): number => {
  moveTo(state, now);
  return state.counts.reduce((sum, count) => sum + count, 0);
};

export const createWindow = (): Window => {
  const state: State = { counts: Array<number>(seconds).fill(0), second: 0 };
  return {
    add: (now) => {
      if (Math.floor(now / 1000) !== state.second) moveTo(state, now);
      state.counts[state.second % seconds]! += 1;
    },
    count: (now) => countOf(state, now),
    perSecond: (now) => countOf(state, now) / Math.max(1, state.counts.filter((count) => count > 0).length),
  };
};
