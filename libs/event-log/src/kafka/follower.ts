/**
 * Reads a compacted topic from the start and follows it. What compaction has left lies in the order in which it was written, and records
 * written later come behind it: reading on is the snapshot and the tail in one.
 */
import { keepFollowing, type Faults, type KeptFollower } from '../following.ts';
import type { StoredRecord } from '../port.ts';
import type { Reader } from './reader.ts';

/** The broker answers at once when there is something. */
const waitMs = 3000;

export type FollowerDeps = Faults & {
  reader: Reader;
  /** The next offset to be written, asked once. */
  readEnd(): Promise<number>;
  onRecord(record: StoredRecord): void | Promise<void>;
  /** Ends the read that is under way. */
  close(): void;
};

/** A record whose handler throws, and a read that fails, are tried again. */
export const createFollower = (deps: FollowerDeps): KeptFollower => {
  const stop = new AbortController();
  const { promise: caughtUp, resolve: reachedEnd } = Promise.withResolvers<void>();
  let end: number | undefined;
  let next = 0;
  const hand = async (records: readonly StoredRecord[]): Promise<void> => {
    for (const record of records) {
      if (stop.signal.aborted) return;
      await deps.onRecord(record);
      next = record.offset + 1;
    }
  };
  const readOn = async (): Promise<void> => {
    end ??= await deps.readEnd();
    if (next >= end) reachedEnd();
    const {
      runs,
      isAtEnd,
      beyond = [],
    } = await deps.reader.read([{ partition: 0, offset: next }], next < end ? 0 : waitMs);
    // The log has lost what was read: whatever it holds now is read anew, also what is written where the lost records lay.
    if (beyond.length > 0) next = 0;
    await hand(runs.flat());
    // Compaction may have left nothing of the last offsets.
    if (isAtEnd && runs.length === 0) end = 0;
  };
  return { caughtUp, ...keepFollowing(readOn, deps, [stop, deps.close]) };
};
