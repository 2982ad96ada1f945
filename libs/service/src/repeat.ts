/** A part that does the same thing again and again, and goes on when it fails. */
import { sleep } from '@sendpool/kernel';
import type { Log } from './log.ts';
import type { Part } from './part.ts';

export type RepeatOptions = {
  name: string;
  everyMs: number;
  /** Its `signal` is aborted when the part stops, which waits for it. */
  work(signal: AbortSignal): Promise<unknown>;
  log: Log;
};

export const repeat = ({ name, everyMs, work, log }: RepeatOptions): Part => {
  const stopping = new AbortController();
  let running = Promise.resolve();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await work(stopping.signal).catch((error: unknown) => log.warn({ error }, `${name} failed and is tried again`));
      await sleep(everyMs, stopping.signal);
    }
  };
  return {
    name,
    start: async () => {
      running = run();
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};
