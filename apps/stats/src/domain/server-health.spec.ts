import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SenderStatus } from '@sendpool/contracts';
import { statusRecord } from '@sendpool/testing';
import { createHealthBoard, freshMs } from './server-health.ts';

const sender = (source: string, at: number, facts: Partial<SenderStatus> = {}): SenderStatus =>
  statusRecord({ source, at, queued: 3, inFlight: 2, connections: 2, ...facts });

test('queue depth is what all senders hold plus what waits to be tried again', () => {
  const board = createHealthBoard(() => 1000);
  board.put(sender('s1', 1000));
  board.put(sender('s2', 1000, { queued: 0, inFlight: 1 }));
  board.put({ type: 'SCHEDULER', source: 'x', serverId: 'a', at: 1000, deferredWaiting: 7 });
  const health = board.healthOf('a');
  assert.equal(health.queueDepth, 13);
  assert.equal(health.deferredWaiting, 7);
  assert.deepEqual(
    health.senders.map((status) => status.source),
    ['s1', 's2'],
  );
});

test('the newest word of a sender counts, also when an older one arrives later', () => {
  const board = createHealthBoard(() => 1000);
  board.put(sender('s1', 900, { queued: 9 }));
  board.put(sender('s1', 800, { queued: 1 }));
  assert.equal(board.healthOf('a').queueDepth, 11);
});

test('a sender that has been silent for more than ten seconds is ignored', () => {
  let now = 1000;
  const board = createHealthBoard(() => now);
  board.put(sender('s1', 1000));
  now = 1000 + freshMs;
  assert.equal(board.healthOf('a').senders.length, 1);
  now += 1;
  assert.deepEqual(board.healthOf('a'), { queueDepth: 0, deferredWaiting: 0, senders: [] });
});

test('what waits to be tried again holds until a scheduler says otherwise', () => {
  let now = 1000;
  const board = createHealthBoard(() => now);
  board.put({ type: 'SCHEDULER', source: 'x', serverId: 'a', at: 1000, deferredWaiting: 7 });
  now += 60_000;
  assert.equal(board.healthOf('a').deferredWaiting, 7);
  board.put({ type: 'SCHEDULER', source: 'y', serverId: 'a', at: now, deferredWaiting: 5 });
  assert.equal(board.healthOf('a').deferredWaiting, 5);
});

test('a server nobody has spoken of has nothing', () => {
  assert.equal(createHealthBoard(() => 0).healthOf('z').queueDepth, 0);
});
