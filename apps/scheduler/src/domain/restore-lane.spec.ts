/** Scenario 17, restore-of-postgres: before the fence, behind it, and what is produced late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEvent, OutcomeEvent, SendRequestRecord } from '@sendpool/contracts';
import { outcomeEvent } from './recipient.fixture.ts';
import { restoreLane, type LaneReport, type RestoreLaneDeps } from './restore-lane.ts';
import type { HeldLane } from './restore-store.ts';
import { fenceDistance, type Publication } from './take-over.ts';

type World = {
  readonly requests: SendRequestRecord[];
  readonly events: DeliveryEvent[];
  readonly taken: Publication[];
  row: HeldLane;
  isOpen: boolean;
  eventsFirst: number;
  /** Comes into the lane just before the fence does. */
  late: SendRequestRecord[];
  /** The next step of this name fails once. */
  failing: string | undefined;
};

const send = (sequence: number, recipient = sequence): SendRequestRecord => ({
  type: 'SEND',
  lane: 0,
  sequence,
  campaignId: 'c1',
  campaignRevision: 1,
  recipient,
  email: `r${recipient}@example.com`,
  fields: '{}',
  tryNumber: 2,
  serverHint: null,
});

const aWorld = (patch: Partial<World> = {}): World => ({
  requests: [],
  events: [],
  taken: [],
  row: { lane: 0, epoch: 3, lastSequence: 9, recorded: 0 },
  isOpen: true,
  eventsFirst: 0,
  late: [],
  failing: undefined,
  ...patch,
});

const fail = (world: World, step: string): void => {
  if (world.failing !== step) return;
  world.failing = undefined;
  throw new Error(`${step} fails`);
};

const depsOf = (world: World): RestoreLaneDeps => ({
  now: () => 1,
  store: {
    hold: async () => world.row,
    release: async () => undefined,
    takeOver: async (_held, publications) => {
      fail(world, 'takeOver');
      world.taken.push(...publications);
      return publications.length;
    },
    rewind: async (_held, end) => void (world.row = { ...world.row, recorded: Math.min(world.row.recorded, end) }),
    finish: async ({ lastSequence }, fence) => {
      fail(world, 'finish');
      if (world.row.lastSequence !== lastSequence) return 'LEASE_LOST';
      world.row = { ...world.row, lastSequence: fence };
      return 'DONE';
    },
  },
  log: {
    bounds: async () => ({
      next: world.requests.length,
      eventsFirst: world.eventsFirst,
      eventsNext: world.eventsFirst + world.events.length,
    }),
    isOpen: async () => world.isOpen,
    requests: async function* () {
      for (const record of world.requests.slice()) yield record;
    },
    outcomes: async function* (_lane, from) {
      yield* world.events.slice(Math.max(0, from - world.eventsFirst)).filter((event) => event.type === 'OUTCOME');
    },
    produceRequest: async (record) => {
      world.requests.push(...world.late.splice(0), record);
      fail(world, 'produceRequest');
    },
    produceEvent: async (event) => void world.events.push(event),
  },
});

const restore = (world: World, isLogLost = false): Promise<LaneReport> =>
  restoreLane(depsOf(world), world.row, isLogLost);

const sequencesOf = (publications: readonly Publication[]): number[] =>
  publications.map(({ sequence }) => sequence).sort((a, b) => a - b);

const outcome = (sequence: number, recipient = sequence): OutcomeEvent =>
  outcomeEvent('ACCEPTED', { sequence, recipient, tryNumber: 1 });

test('what the log knows and the database does not is taken over, and the lane goes on behind a fence far above', async () => {
  const world = aWorld({ requests: [send(8), send(9), send(10), send(11)] });
  const report = await restore(world);
  assert.equal(report.kind, 'RESTORED');
  assert.deepEqual(sequencesOf(world.taken), [10, 11]);
  assert.ok(world.row.lastSequence >= 11 + fenceDistance);
  assert.deepEqual(world.requests.at(-1), { type: 'FENCE', lane: 0, sequence: world.row.lastSequence });
});

test('what comes into the lane before the fence is taken over too, and what comes behind it is not', async () => {
  const world = aWorld({ requests: [send(10)], late: [send(11), send(12)] });
  const deps = depsOf(world);
  const produce = deps.log.produceRequest;
  deps.log.produceRequest = async (record) => {
    await produce(record);
    world.requests.push(send(13), send(14));
  };
  await restoreLane(deps, world.row, false);
  assert.deepEqual(sequencesOf(world.taken), [10, 11, 12]);
});

test('a slice that was produced late behind newer ones is dropped by the senders, and not taken over', async () => {
  const world = aWorld({ requests: [send(9), send(14), send(10), send(11), send(15)] });
  await restore(world);
  assert.deepEqual(sequencesOf(world.taken), [14, 15]);
});

test('the newest publication of a recipient decides', async () => {
  const world = aWorld({ requests: [send(10, 1), send(11, 2), send(12, 1)] });
  await restore(world);
  assert.deepEqual(sequencesOf(world.taken), [11, 12]);
});

test('publications whose records the log has dropped are known by their outcomes, from the restored position on', async () => {
  const world = aWorld({ requests: [send(14)], events: [outcome(8), outcome(10), outcome(11, 4), outcome(9)] });
  world.row = { ...world.row, recorded: 1 };
  await restore(world);
  assert.deepEqual(sequencesOf(world.taken), [10, 11, 14]);
});

for (const step of ['produceRequest', 'takeOver', 'finish']) {
  test(`a run that ended at ${step} is repeated: the row stands where it stood until the lane is done`, async () => {
    const world = aWorld({ requests: [send(10), send(11)], failing: step });
    await assert.rejects(restore(world), /fails/);
    assert.equal(world.row.lastSequence, 9);
    await restore(world);
    assert.deepEqual([...new Set(sequencesOf(world.taken))], [10, 11]);
    const fences = world.requests.filter(({ type }) => type === 'FENCE').map(({ sequence }) => sequence);
    assert.equal(world.row.lastSequence, Math.max(...fences));
  });
}

test('a second run finds the lane at its fence and changes nothing', async () => {
  const world = aWorld({ requests: [send(10)] });
  await restore(world);
  const after = { row: world.row, requests: [...world.requests] };
  assert.equal((await restore(world)).kind, 'STANDS_AT_FENCE');
  assert.deepEqual({ row: world.row, requests: world.requests }, after);
});

test('a lane that was never opened is left alone; an open one gets a fence, because something may still be on its way', async () => {
  const row = { lane: 0, epoch: 1, lastSequence: -1, recorded: 0 };
  assert.equal((await restore(aWorld({ row, isOpen: false }))).kind, 'NEVER_USED');
  const open = aWorld({ row });
  assert.equal((await restore(open)).kind, 'RESTORED');
  assert.equal(open.requests.length, 1);
});

test('of a log that was lost everything in flight is in doubt, before the fence could give it back, and all that is left is read again', async () => {
  const world = aWorld({ requests: [send(3)], events: [outcome(3)] });
  world.row = { ...world.row, recorded: 700 };
  await restore(world, true);
  const fence = world.row.lastSequence;
  assert.deepEqual(world.events.at(-1), { type: 'LOST', lane: 0, upTo: fence, at: 1 });
  assert.equal(world.row.recorded, 0);
});

test('a lane at its fence whose events were put back behind what was recorded is restored again', async () => {
  const world = aWorld({ requests: [send(3)], events: [outcome(3)] });
  await restore(world);
  assert.equal((await restore(world)).kind, 'STANDS_AT_FENCE');
  world.row = { ...world.row, recorded: 700 };
  assert.equal((await restore(world, true)).kind, 'RESTORED');
  assert.equal(world.row.recorded, 0);
});

test('events that the log has dropped before they were recorded leave a doubt', async () => {
  const world = aWorld({ requests: [send(10)], eventsFirst: 30 });
  const report = await restore(world);
  assert.ok(report.kind === 'RESTORED' && report.isInDoubt);
  assert.equal(world.events.at(-1)?.type, 'LOST');
});

test('a lane that a scheduler has taken meanwhile is not finished', async () => {
  const world = aWorld({ requests: [send(10)] });
  const held = world.row;
  world.row = { ...world.row, lastSequence: 20 };
  await assert.rejects(restoreLane(depsOf(world), held, false), /stop every scheduler/);
});
