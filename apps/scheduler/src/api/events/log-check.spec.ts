import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRequestsTopic } from '@sendpool/contracts';
import { isAppError } from '@sendpool/kernel';
import { createLogCheck } from './log-check.ts';

const fence = (sequence: number): string => sendRequestsTopic.encode({ type: 'FENCE', lane: 0, sequence });

/** One lane with one record in the log. */
const world = (newest: number, lastSequence: number) => {
  const at = { now: 0, lastSequence, reads: 0, refused: 0, said: [] as string[] };
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const check = createLogCheck({
    eventLog: {
      bounds: async () => [{ partition: 0, first: 0, next: 1 }],
      read: async () => {
        at.reads++;
        return [{ partition: 0, offset: 0, key: null, value: Buffer.from(fence(newest)), at: 0 }];
      },
    },
    standing: async () => new Map([[0, { lane: 0, lastSequence: at.lastSequence, recorded: 0 }]]),
    refused: (lanes) => void (at.refused = lanes),
    log: { ...quiet, error: (_facts: object, text: string) => at.said.push(text) },
    now: () => at.now,
  });
  return { at, check };
};

test('a lane in step is published and recorded', async () => {
  const { at, check } = world(9, 9);
  assert.equal(await check.mayPublish(0), true);
  await check.beforeRecording([0]);
  assert.deepEqual([check.ready?.(), check.mayTend(), at.refused, at.said], [true, true, 0, []]);
});

test('a lane whose log knows more is neither published nor recorded, and everybody is told what to do', async () => {
  const { at, check } = world(10, 9);
  assert.equal(await check.mayPublish(0), false);
  await assert.rejects(check.beforeRecording([0]), (error) => isAppError(error, 'CONFLICT'));
  assert.deepEqual([check.ready?.(), check.mayTend(), at.refused], [false, false, 1]);
  assert.match(at.said[0]!, /run `restore-lanes`/);
});

test('a refused lane is looked at again after some seconds only', async () => {
  const { at, check } = world(10, 9);
  await check.mayPublish(0);
  await check.mayPublish(0);
  assert.equal(at.reads, 1);
  at.now = 6000;
  at.lastSequence = 10;
  assert.equal(await check.mayPublish(0), true);
  assert.deepEqual([check.ready?.(), at.refused], [true, 0]);
});

test('a campaign of which the log knows more stops every lane', async () => {
  const { at, check } = world(9, 9);
  check.campaignsAhead(['c1']);
  check.campaignsAhead(['c1', 'c2']);
  assert.equal(await check.mayPublish(0), false);
  assert.deepEqual([check.ready?.(), at.said.length], [false, 1]);
});
