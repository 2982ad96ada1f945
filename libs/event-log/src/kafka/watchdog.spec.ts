import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../group/delivery.ts';
import { watchStandstill } from './watchdog.ts';

type Seen = { answeredAt: number; lanes: Progress[] };

/** What the watchdog says within so many times its patience. */
const watch = async (progress: () => Seen | undefined, end: () => number, patiences = 4): Promise<string> => {
  const patienceMs = 60;
  const stop = AbortSignal.timeout(patiences * patienceMs);
  const fault = await watchStandstill({ progress, ends: async () => new Map([[3, end()]]), patienceMs }, stop);
  return fault?.message ?? 'content';
};

const lane = (next: number, isHungry = true): Seen => ({
  answeredAt: performance.now(),
  lanes: [{ partition: 3, next, isHungry }],
});

test('an epoch that reads what there is, or has nothing to read, is left alone', async () => {
  let next = 0;
  const began = await Promise.all([
    watch(
      () => lane(next++),
      () => next + 5,
    ),
    watch(
      () => lane(5),
      () => 5,
    ),
    watch(
      () => undefined,
      () => 5,
    ),
  ]);
  assert.deepEqual(began, ['content', 'content', 'content']);
});

test('a partition that is paused or whose handler runs may stand', async () => {
  assert.equal(
    await watch(
      () => lane(5, false),
      () => 9,
    ),
    'content',
  );
});

test('a partition that stands while more lies behind it is found', async () => {
  assert.match(
    await watch(
      () => lane(5),
      () => 9,
    ),
    /partition 3 stands at 5/,
  );
});

test('a read without an answer is found, and a log that cannot be asked is no reason', async () => {
  const answeredAt = performance.now();
  assert.match(
    await watch(
      () => ({ ...lane(5), answeredAt }),
      () => 5,
    ),
    /no read has been answered/,
  );
  const stop = AbortSignal.timeout(200);
  const fault = await watchStandstill(
    { progress: () => lane(5), ends: () => Promise.reject(new Error('no broker')), patienceMs: 40 },
    stop,
  );
  assert.equal(fault, undefined);
});
