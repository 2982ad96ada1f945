import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerUsage } from '@sendpool/contracts';
import { createUsageRound, type UsageStore } from './usage-round.ts';
import { countedUntil, usagesOf, type Attempts, type LaneStanding, type Told } from './usage.ts';

const dayMs = 24 * 3_600_000;
const now = 20_000 * dayMs + 3_600_000;

test('with nothing to count, everything is counted up to a second ago', () => {
  const ends = [
    { partition: 0, next: 5 },
    { partition: 1, next: 0 },
  ];
  assert.equal(countedUntil(ends, [{ lane: 0, next: 5, countedAt: now - 90_000 }], now), now - 1000);
});

test('a lane that is behind holds it back, the one that is furthest behind', () => {
  const ends = [0, 1, 2].map((partition) => ({ partition, next: 10 }));
  const lanes = [
    { lane: 0, next: 9, countedAt: now - 5000 },
    { lane: 1, next: 3, countedAt: now - 9000 },
    { lane: 2, next: 10, countedAt: now - 20_000 },
  ];
  assert.equal(countedUntil(ends, lanes, now), now - 9000);
});

test('a lane that has events and was never counted leaves nothing known', () => {
  assert.equal(countedUntil([{ partition: 0, next: 1 }], [], now), 0);
  assert.equal(countedUntil([{ partition: 0, next: 1 }], [{ lane: 0, next: 0, countedAt: null }], now), 0);
});

test('a clock that runs ahead does not make the future counted', () => {
  assert.equal(
    countedUntil([{ partition: 0, next: 2 }], [{ lane: 0, next: 1, countedAt: now + 5000 }], now),
    now - 1000,
  );
});

const attempts = (gmail: number, yahoo: number): Attempts[] => [
  { serverId: 'a', provider: 'gmail', attempted: gmail },
  { serverId: 'a', provider: 'yahoo', attempted: yahoo },
];

test('a usage is the day of a server, in all and by provider, also of one that has sent nothing', () => {
  const of = { serverId: 'b', provider: 'gmail', attempted: 7 };
  assert.deepEqual(usagesOf({ attempts: [...attempts(2, 3), of], serverIds: ['z', 'a'], until: 11 }, now), [
    { serverId: 'a', day: 20_000 * dayMs, countedUntil: 11, attempted: 5, byProvider: { gmail: 2, yahoo: 3 } },
    { serverId: 'b', day: 20_000 * dayMs, countedUntil: 11, attempted: 7, byProvider: { gmail: 7 } },
    { serverId: 'z', day: 20_000 * dayMs, countedUntil: 11, attempted: 0, byProvider: {} },
  ]);
});

/** A store in memory, and rounds that see what it holds. */
const harness = () => {
  const state = { attempts: attempts(1, 1), told: new Map<string, Told>(), now, isOurs: true };
  const published: ServerUsage[][] = [];
  const lanes: LaneStanding[] = [{ lane: 0, next: 1, countedAt: now }];
  const store: UsageStore = {
    lanes: () => Promise.resolve(lanes),
    attempts: () => Promise.resolve(state.attempts),
    told: () => Promise.resolve([...state.told.values()]),
    tell: (usages, at) => {
      for (const { serverId, day, attempted } of usages) state.told.set(serverId, { serverId, day, attempted, at });
      return Promise.resolve();
    },
  };
  const start = (): (() => Promise<void>) =>
    createUsageRound({
      serverIds: () => [],
      ends: () => Promise.resolve([{ partition: 0, next: 1 }]),
      inRound: async (work) => {
        if (state.isOurs) await work(store);
        return state.isOurs;
      },
      publish: (usages) => {
        published.push([...usages]);
        return Promise.resolve();
      },
      now: () => state.now,
    });
  return { state, published, start };
};

test('only servers that changed are told, and all of them once after a start', async () => {
  const { state, published, start } = harness();
  const round = start();
  await round();
  state.now += 10_000;
  await round();
  assert.equal(published.length, 1);
  state.attempts = [...attempts(1, 1), { serverId: 'b', provider: 'gmail', attempted: 1 }];
  await round();
  assert.deepEqual(
    published[1]?.map(({ serverId }) => serverId),
    ['b'],
  );
  await start()();
  assert.deepEqual(
    published[2]?.map(({ serverId }) => serverId),
    ['a', 'b'],
  );
});

test('a server that has just changed is told on until its count is old enough for the senders', async () => {
  const { state, published, start } = harness();
  const round = start();
  for (let second = 0; second <= 12; second += 1) {
    await round();
    state.now += 1000;
  }
  assert.equal(published.length, 8);
  assert.ok(published.at(-1)![0]!.countedUntil > now + 5000);
});

test('a process whose turn it is not says nothing, and still tells everything at its first turn', async () => {
  const { state, published, start } = harness();
  await start()();
  const second = start();
  state.isOurs = false;
  await second();
  assert.equal(published.length, 1);
  state.isOurs = true;
  await second();
  assert.equal(published.length, 2);
});

test('a server that does not change is told once a minute, and at once on a new day', async () => {
  const { state, published, start } = harness();
  const round = start();
  await round();
  state.now += 59_000;
  await round();
  assert.equal(published.length, 1);
  state.now += 1000;
  await round();
  assert.equal(published.length, 2);
  state.now = now + dayMs - 3_600_000 - 10_000;
  await round();
  assert.equal(published.length, 3);
  state.now += 20_000;
  await round();
  assert.equal(published[3]?.[0]?.day, 20_001 * dayMs);
});
