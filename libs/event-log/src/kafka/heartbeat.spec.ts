import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startHeartbeat, type Heartbeat, type HeartbeatDeps } from './heartbeat.ts';
import type { Verdict } from './membership.ts';

type Noted = { heartbeat: Heartbeat; heard: string[] } & Disposable;

const start = (beat: HeartbeatDeps['beat'], times: Partial<HeartbeatDeps> = {}): Noted => {
  const heard: string[] = [];
  const heartbeat = startHeartbeat(
    {
      beat,
      sessionMs: 200,
      rebalanceMs: 300,
      onRebalance: () => heard.push('REBALANCE'),
      onLost: (cause) => heard.push((cause as Error).message),
      onError: (error) => heard.push((error as Error).message),
      ...times,
    },
    performance.now(),
  );
  return { heartbeat, heard, [Symbol.dispose]: () => void heartbeat.stop() };
};

const always = (verdict: Verdict) => (): Promise<Verdict> => Promise.resolve(verdict);

test('acknowledged heartbeats keep the lease', async () => {
  using noted = start(always('STABLE'));
  await sleep(300);
  assert.ok(noted.heartbeat.isValid());
  assert.deepEqual(noted.heard, []);
});

test('the lease counts from when the acknowledged heartbeat was sent, not from when its answer came', async () => {
  const began = performance.now();
  using noted = start(async () => {
    await sleep(90);
    return 'STABLE';
  });
  // The first answer comes after 90 ms; counted from there it would hold until 190 ms.
  while (noted.heartbeat.isValid()) await sleep(1);
  const lasted = performance.now() - began;
  assert.ok(lasted >= 100 && lasted < 180, `${lasted} ms`);
});

test('a lease that ran out is not revived by an answer that comes later', async () => {
  const answer = Promise.withResolvers<Verdict>();
  using noted = start(() => answer.promise);
  await sleep(110);
  assert.equal(noted.heartbeat.isValid(), false);
  answer.resolve('STABLE');
  await sleep(20);
  assert.equal(noted.heartbeat.isValid(), false);
  assert.deepEqual(noted.heard, ['the lease ran out']);
});

test('a process that stood still for half its session finds its lease gone, though the next heartbeat would be answered', async () => {
  using noted = start(always('STABLE'));
  await sleep(20);
  const until = performance.now() + 130;
  // Like a stopped process: no timer runs.
  while (performance.now() < until);
  assert.equal(noted.heartbeat.isValid(), false);
  await sleep(100);
  assert.equal(noted.heartbeat.isValid(), false);
  assert.deepEqual(noted.heard, ['the lease ran out']);
});

test('a rebalance is told once, and heartbeats go on until the coordinator would drop the member', async () => {
  using noted = start(always('REBALANCE'));
  await sleep(250);
  assert.ok(noted.heartbeat.isValid());
  assert.deepEqual(noted.heard, ['REBALANCE']);
  await sleep(100);
  assert.equal(noted.heartbeat.isValid(), false);
  assert.deepEqual(noted.heard, ['REBALANCE', 'the lease ran out']);
});

test('a fenced member has lost its epoch, and faults are told', async () => {
  using fenced = start(always('FENCED'));
  using broken = start(() => Promise.reject(new Error('no network')));
  await sleep(50);
  assert.deepEqual(fenced.heard, ['the group has dropped this member']);
  assert.deepEqual(broken.heard, ['no network']);
});

test('what becomes of a heartbeat after the epoch is over is told to nobody, and stop waits for it', async () => {
  let isAnswered = false;
  using noted = start(async () => {
    await sleep(30);
    isAnswered = true;
    throw new Error('the connection is closed');
  });
  await sleep(5);
  await noted.heartbeat.stop();
  assert.deepEqual([isAnswered, noted.heard], [true, []]);
});
