/** Repeats what failed for a reason that passes. */
import { backoffDelay, sleep } from '@sendpool/kernel';
import { faultOf, isPassing } from './faults.ts';

const retry = { firstMs: 50, factor: 2, maxMs: 1000, jitter: 0.5 };

export type Tries = { atMost?: number; stop?: AbortSignal };

/** `work` is told which try it is, from 1. Throws as callers see it once tries are used up, `stop` has come, or the fault does not pass. */
export const persist = async <T>(work: (attempt: number) => Promise<T>, { atMost, stop }: Tries = {}): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (stop?.aborted === true || attempt === atMost || !isPassing(error)) throw faultOf(error);
    }
    await sleep(backoffDelay(retry, attempt), stop);
  }
};

/** About four seconds: elections and rebalances of partitions are over by then. */
export const forCaller: Tries = { atMost: 8 };
