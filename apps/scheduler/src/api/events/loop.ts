/** A part that does one thing again and again: when woken, when its time comes, and after a pause when it failed. */
import { backoffDelay, sleep, type BackoffPlan } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';

export type Loop = Part & {
  /** Runs the next turn now, or once more when one runs already. */
  wake(): void;
};

export type LoopOptions = {
  name: string;
  /** One turn. Resolves to the milliseconds until the next one, when nobody wakes the loop before. */
  turn(signal: AbortSignal): Promise<number>;
  log: Log;
};

const retry: BackoffPlan = { firstMs: 100, factor: 2, maxMs: 5000, jitter: 0.5 };

/** Longest sleep; setTimeout takes no more than 2^31 - 1 ms. */
const longestMs = 60_000;

type State = { woken: boolean; sleeper: AbortController; failures: number };

const turnOnce = async (options: LoopOptions, state: State, signal: AbortSignal): Promise<number> => {
  try {
    const pause = await options.turn(signal);
    state.failures = 0;
    return pause;
  } catch (error) {
    state.failures += 1;
    if (!signal.aborted)
      options.log.warn({ error, failures: state.failures }, `${options.name} failed and is tried again`);
    return backoffDelay(retry, state.failures);
  }
};

const run = async (options: LoopOptions, state: State, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    state.woken = false;
    const pause = await turnOnce(options, state, signal);
    state.sleeper = new AbortController();
    // A turn that failed waits its time, however often it is woken.
    if (state.failures > 0) await sleep(pause, signal);
    else if (!state.woken && !signal.aborted) await sleep(Math.min(pause, longestMs), state.sleeper.signal);
  }
};

/** Stopping waits for the turn that runs; its `signal` is aborted. */
export const createLoop = (options: LoopOptions): Loop => {
  const state: State = { woken: false, sleeper: new AbortController(), failures: 0 };
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const wake = (): void => {
    state.woken = true;
    state.sleeper.abort();
  };
  return {
    name: options.name,
    wake,
    start: async () => {
      running = run(options, state, stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
};
