import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found, Wanted } from '../group/delivery.ts';
import { createFollower } from './follower.ts';

/** A reader of a log whose keys the spec changes. */
const readerOf = (log: string[], asked: number[]) => ({
  read: async ([place]: readonly Wanted[]): Promise<Found> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { offset } = place!;
    asked.push(offset);
    if (offset > log.length) return { runs: [], isAtEnd: true, beyond: [{ partition: 0, end: log.length }] };
    const records = log
      .map((key, at) => ({ partition: 0, offset: at, key, value: Buffer.alloc(0), at: 0 }))
      .slice(offset);
    return { runs: records.length > 0 ? [records] : [], isAtEnd: true };
  },
});

test('a follower whose log has lost what it had read begins anew, and misses nothing of what is written in its place', async () => {
  const log = ['a', 'b', 'c'];
  const asked: number[] = [];
  const seen: string[] = [];
  const follower = createFollower({
    topic: 'spec',
    onWarning: () => undefined,
    reader: readerOf(log, asked),
    readEnd: async () => log.length,
    onRecord: ({ key }) => void seen.push(key!),
    close: () => undefined,
  });
  await follower.caughtUp;
  assert.deepEqual(seen, ['a', 'b', 'c']);
  log.splice(1, 2);
  const until = performance.now() + 2000;
  while (seen.length < 4 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
  log.push('d');
  while (!seen.includes('d') && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
  await follower.close();
  assert.deepEqual(seen, ['a', 'b', 'c', 'a', 'd']);
});
