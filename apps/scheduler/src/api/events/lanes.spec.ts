/** Which lanes a process publishes while they move from one to another; the rules of one lane have specs of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneLease } from '../../domain/lane-store.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import { createLanes } from './lanes.ts';
import { createWakers } from './wakers.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const metrics = { publications: { inc: () => undefined } } as unknown as SchedulerMetrics;

/** Lanes without work, and who holds them. `releaseMs` is how long a lane takes to be given up. */
const world = (releaseMs = 0) => {
  const held = new Set<number>();
  const did: string[] = [];
  const wakers = createWakers();
  const position = { offset: 0, metadata: 'ledger' };
  const lag = [0, 1, 2].map((partition) => ({ partition, end: 0, committed: 0, position }));
  const lanes = createLanes({
    owner: 'one',
    leases: {
      acquire: async (lane): Promise<LaneLease> => {
        assert.ok(!held.has(lane), `two loops hold lane ${lane}`);
        held.add(lane);
        did.push(`acquire ${lane}`);
        return { lane, epoch: 1, lastSequence: -1, intent: undefined };
      },
      release: async (lane) => {
        await new Promise((resolve) => setTimeout(resolve, releaseMs));
        held.delete(lane);
        did.push(`release ${lane}`);
      },
    },
    takeSlice: async ({ lane }) => {
      did.push(`look ${lane}`);
      return { kind: 'EMPTY', nextDueAt: null, now: 0 };
    },
    eventLog: { publish: async () => undefined, lag: async () => lag },
    check: { mayPublish: async () => true },
    wakers,
    metrics,
    log: quiet,
  });
  const took = (): string[] => did.splice(0).sort();
  return { lanes, wakers, held, took };
};

const settle = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

test('nothing is published before lanes are assigned, and nothing after the stop', async () => {
  const { lanes, took } = world();
  await settle();
  assert.deepEqual(took(), []);
  await lanes.stop!(1000);
  lanes.own([0]);
  await settle();
  assert.deepEqual(took(), []);
});

test('a lane that stays is not disturbed when others come and go', async () => {
  const { lanes, held, took } = world();
  lanes.own([0, 1]);
  await settle();
  assert.deepEqual(took(), ['acquire 0', 'acquire 1', 'look 0', 'look 1']);
  lanes.own([1, 2]);
  await settle();
  assert.deepEqual(took(), ['acquire 2', 'look 2', 'release 0']);
  assert.deepEqual([...held], [1, 2]);
  await lanes.stop!(1000);
  assert.deepEqual([took(), held.size], [['release 1', 'release 2'], 0]);
});

test('a lane that comes back while it is being given up waits for that', async () => {
  const { lanes, held, took } = world(50);
  lanes.own([0]);
  await settle();
  lanes.own([]);
  lanes.own([0]);
  lanes.own([]);
  lanes.own([0]);
  await settle(200);
  assert.deepEqual([...held], [0]);
  assert.deepEqual(took(), ['acquire 0', 'acquire 0', 'look 0', 'look 0', 'release 0']);
  await lanes.stop!(1000);
  assert.equal(held.size, 0);
});

test('a settled outcome wakes its lane at once', async () => {
  const { lanes, wakers, took } = world();
  lanes.own([0, 1]);
  await settle();
  took();
  wakers.settled(1, 500);
  await settle();
  assert.deepEqual(took(), ['look 1']);
  await lanes.stop!(1000);
});
