/**
 * Reads a compacted topic from the start and follows it. The newest record of each key lies at its own offset, and offsets become visible
 * in their order: reading on from the last offset seen is the snapshot and the tail in one, and misses nothing between them.
 */
import { keepFollowing, type Faults, type KeptFollower } from '../following.ts';
import { createBell } from '../group/bell.ts';
import type { StoredRecord } from '../port.ts';

const pollMs = 1000;
const pageSize = 500;

export type FollowerDeps = Faults & {
  read(offset: number, max: number): Promise<StoredRecord[]>;
  subscribe(onSignal: () => void): () => void;
  onRecord(record: StoredRecord): void | Promise<void>;
};

/** A record whose handler throws, and a read that fails, are tried again. */
export const createFollower = (deps: FollowerDeps): KeptFollower => {
  const bell = createBell();
  const unsubscribe = deps.subscribe(bell.ring);
  const stop = new AbortController();
  const { promise: caughtUp, resolve: reachedEnd } = Promise.withResolvers<void>();
  let next = 0;
  const readOn = async (): Promise<void> => {
    const records = await deps.read(next, pageSize);
    for (const record of records) {
      if (stop.signal.aborted) return;
      await deps.onRecord(record);
      next = record.offset + 1;
    }
    if (records.length > 0) return;
    reachedEnd();
    await bell.wait(pollMs);
  };
  const wake = (): void => {
    unsubscribe();
    bell.ring();
  };
  return { caughtUp, ...keepFollowing(readOn, deps, [stop, wake]) };
};
