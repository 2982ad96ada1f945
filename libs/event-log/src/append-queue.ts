/**
 * What is published to one topic while an append runs, or within a few milliseconds, goes into the next one together. An idle topic is
 * appended to at once. One append is under way, so order is kept. Both adapters append through it.
 */
import { AppError, sleep } from '@sendpool/kernel';
import type { NewRecord } from './port.ts';

/** Under load a new append begins at most this often: fewer, fuller ones. */
const groupMs = 3;
const maxRecords = 5000;

export type Appender = {
  /** Takes its place in the order at once. */
  append(records: readonly NewRecord[]): Promise<void>;
  close(): void;
};

/** One call that waits for its records to be durable. */
export type Waiting = { records: readonly NewRecord[]; resolve: () => void; reject: (error: unknown) => void };

/** Takes whole calls from the front of the queue, at least one. */
const takeGroup = (queue: Waiting[]): Waiting[] => {
  let count = 0;
  let calls = 0;
  while (calls < queue.length && (calls === 0 || count + queue[calls]!.records.length <= maxRecords))
    count += queue[calls++]!.records.length;
  return queue.splice(0, calls);
};

/** `appendGroup` settles every call it is given, and does not throw. */
export const createAppendQueue = (appendGroup: (group: Waiting[], stop: AbortSignal) => Promise<void>): Appender => {
  const queue: Waiting[] = [];
  const stop = new AbortController();
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (queue.length > 0) {
      const began = performance.now();
      const group = takeGroup(queue);
      await appendGroup(group, stop.signal);
      // A caller that is alone and waits for each answer gains nothing from waiting for others.
      const rest = group.length === 1 ? 0 : groupMs - (performance.now() - began);
      if (rest > 0) await sleep(rest);
    }
    isRunning = false;
  };
  return {
    append: (records) => {
      if (stop.signal.aborted) return Promise.reject(new AppError('UNAVAILABLE', 'the event log is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ records, resolve, reject });
        if (!isRunning) void run();
      });
    },
    close: () => stop.abort(),
  };
};

/** How many partitions a topic must have for these records. Throws AppError BAD_INPUT. */
export const partitionsFor = (records: readonly NewRecord[]): number => {
  let highest = 0;
  for (const { partition } of records) {
    if (!(Number.isInteger(partition) && partition >= 0))
      throw new AppError('BAD_INPUT', `there is no partition ${partition}`);
    if (partition > highest) highest = partition;
  }
  return highest + 1;
};

/** Throws AppError BAD_INPUT for records that a compacted topic cannot hold. */
export const checkRecords = (topic: { name: string; compacted: boolean }, records: readonly NewRecord[]): void => {
  if (!topic.compacted) return;
  for (const { key, value } of records) {
    // PostgreSQL keeps no NUL in text; both adapters refuse it, so that data can move.
    if (key === null || (key + value).includes('\0'))
      throw new AppError('BAD_INPUT', `${topic.name} is compacted: its records need a key, and hold no NUL`);
  }
};
