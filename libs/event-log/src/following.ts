/** What followers of both adapters share: they go on after a fault, tell the first of a row, know when they stand still, and end in time. */
import { messageOf, sleep } from '@sendpool/kernel';
import { atMost } from './parts.ts';
import type { Follower } from './port.ts';

/** `standsStill`: for a while now nothing could be read or handed over. */
export type KeptFollower = Follower & { standsStill(): boolean };

export type Faults = {
  topic: string;
  /** Told the first fault of a row. */
  onWarning(message: string): void;
  /** Default 10,000: until then a fault is one that passes, as when a broker starts anew. */
  patienceMs?: number;
  /** Default 3,000: what is under way after that ends by itself. */
  closeMs?: number;
};

const retryMs = 200;

/** Repeats `readOn` until `stop`, after which `wake` ends its waiting. */
export const keepFollowing = (
  readOn: () => Promise<void>,
  { topic, onWarning, patienceMs = 10_000, closeMs = 3000 }: Faults,
  [stop, wake]: [AbortController, () => void],
): Pick<KeptFollower, 'standsStill' | 'close'> => {
  let failingSince: number | undefined;
  const readOrTell = async (): Promise<void> => {
    try {
      await readOn();
      failingSince = undefined;
    } catch (error) {
      if (stop.signal.aborted) return;
      if (failingSince === undefined)
        onWarning(`the follower of ${topic} failed and is tried again: ${messageOf(error)}`);
      failingSince ??= performance.now();
      await sleep(retryMs, stop.signal);
    }
  };
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) await readOrTell();
  };
  const done = loop();
  return {
    standsStill: () => failingSince !== undefined && performance.now() - failingSince >= patienceMs,
    close: async () => {
      stop.abort();
      wake();
      await atMost(closeMs, done);
    },
  };
};
