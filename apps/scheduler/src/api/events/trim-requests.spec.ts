import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laneLimits } from '@sendpool/contracts';
import { createTrimRequests } from './trim-requests.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What is dropped of lane 0 with this ledger. */
const trimmed = async (committed: number, metadata: string): Promise<number[]> => {
  const offsets: number[] = [];
  const position = { offset: committed, metadata };
  const loop = createTrimRequests({
    eventLog: {
      lag: async () => [{ partition: 0, end: committed, committed, position }],
      trim: async (_topic, _lane, offset) => void offsets.push(offset),
    },
    log: quiet,
  });
  await loop.start?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await loop.stop?.(100);
  return offsets;
};

const base = 3 * laneLimits.window;

test('a window of records before the base stays, for a ledger that is lost', async () => {
  assert.deepEqual(await trimmed(base, 'S1:1:::::'), [2 * laneLimits.window]);
});

test('a started record that the base has passed stays, however old it is', async () => {
  assert.deepEqual(await trimmed(base, `S1:1::0::${(900).toString(36)}.5,${(700).toString(36)}.4`), [700]);
});

test('a text that is no ledger drops nothing', async () => {
  assert.deepEqual(await trimmed(base, 'no ledger'), []);
});
