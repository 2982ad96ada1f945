/** Lets a loop sleep until there is something to do. */
import { sleep } from '@sendpool/kernel';

export type Wake = {
  /** Ends the present wait, or the next one when nobody waits. */
  wake: () => void;
  /** Resolves when woken, after `ms` milliseconds at the latest, and at once when `signal` is aborted. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

export const createWake = (): Wake => {
  let woken = false;
  let current: AbortController | undefined;
  return {
    wake: () => {
      woken = true;
      current?.abort();
    },
    wait: async (ms, signal) => {
      if (!woken && !signal.aborted) {
        current = new AbortController();
        await sleep(ms, AbortSignal.any([current.signal, signal]));
        current = undefined;
      }
      woken = false;
    },
  };
};
