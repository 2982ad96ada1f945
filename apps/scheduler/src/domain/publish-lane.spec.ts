/** The publishing of one lane: nothing new before the stored intent lies in the log, whatever fails in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLanePublisher, type LanePublisherDeps, type SliceResult } from './publish-lane.ts';
import type { LaneLease, SliceRequest } from './lane-store.ts';

type Script = {
  readonly leases: (LaneLease | undefined)[];
  readonly slices: (SliceResult | Error)[];
  /** Which produce fails, counted from 0. */
  readonly failing?: readonly number[];
  readonly isOpen?: boolean;
  /** The database and the log are not of the same time. */
  readonly isRefused?: boolean;
};

const lease = (patch: Partial<LaneLease> = {}): LaneLease => ({
  lane: 0,
  epoch: 1,
  lastSequence: -1,
  intent: undefined,
  ...patch,
});

const slice = (lastSequence: number, ...records: string[]): SliceResult => ({ kind: 'SLICE', lastSequence, records });

const due = (ms: number): SliceResult => ({ kind: 'EMPTY', nextDueAt: 10_000 + ms, now: 10_000 });

const empty: SliceResult = { kind: 'EMPTY', nextDueAt: null, now: 0 };

/** Runs the publisher until the script is used up; returns what it did, in order. */
const run = async ({ leases, slices, failing = [], isOpen = true, isRefused = false }: Script): Promise<string[]> => {
  const did: string[] = [];
  const stop = new AbortController();
  let produces = 0;
  const end = (): void => stop.abort();
  const deps: LanePublisherDeps = {
    leases: {
      acquire: async () => {
        if (leases.length === 0) end();
        return leases.shift();
      },
      release: async (_lane, epoch) => void did.push(`release ${epoch}`),
    },
    takeSlice: async ({ produced, epoch }: SliceRequest) => {
      did.push(`take after ${produced} in ${epoch}`);
      const next = slices.shift();
      if (next === undefined) {
        end();
        return empty;
      }
      if (next instanceof Error) throw next;
      return next;
    },
    produce: async (_lane, records) => {
      const fails = failing.includes(produces++);
      did.push(`produce ${records.join()}${fails ? ' fails' : ''}`);
      if (fails) throw new Error('no answer');
    },
    isOpen: async () => {
      if (!isOpen) end();
      return isOpen;
    },
    mayPublish: async () => !isRefused,
    owner: 'one',
    idle: async (_lane, ms) => void did.push(`idle ${ms}`),
    onFault: (_lane, error) => did.push(`fault ${(error as Error).message}`),
    timings: { retryMs: 500, idleMs: 3000 },
  };
  await createLanePublisher(deps).run(0, stop.signal);
  return did;
};

test('the stored intent is produced again, byte for byte, before a slice is taken', async () => {
  const intent = { lastSequence: 4, records: ['r3', 'r4'] };
  const did = await run({ leases: [lease({ epoch: 2, lastSequence: 4, intent })], slices: [slice(5, 'r5')] });
  assert.deepEqual(did, [
    'produce r3,r4',
    'take after 4 in 2',
    'produce r5',
    'take after 5 in 2',
    'idle 3000',
    'release 2',
  ]);
});

test('a slice whose produce failed is read back and produced again before the next is taken', async () => {
  const intent = { lastSequence: 0, records: ['r0'] };
  const leases = [lease(), lease({ lastSequence: 0, intent })];
  const did = await run({ leases, slices: [slice(0, 'r0')], failing: [0] });
  assert.deepEqual(did.slice(0, 6), [
    'take after -1 in 1',
    'produce r0 fails',
    'fault no answer',
    'idle 500',
    'produce r0',
    'take after 0 in 1',
  ]);
});

test('after a slice transaction without an answer the stored state decides, not the memory of the process', async () => {
  const intent = { lastSequence: 2, records: ['r0', 'r1', 'r2'] };
  const leases = [lease(), lease({ lastSequence: 2, intent })];
  const did = await run({ leases, slices: [new Error('no answer')] });
  assert.deepEqual(did.slice(0, 5), [
    'take after -1 in 1',
    'fault no answer',
    'idle 500',
    'produce r0,r1,r2',
    'take after 2 in 1',
  ]);
});

test('a slice goes out as one batch', async () => {
  const records = Array.from({ length: 500 }, (_, index) => `r${index}`);
  const did = await run({ leases: [lease()], slices: [slice(499, ...records)] });
  assert.equal(did[1], `produce ${records.join()}`);
});

test('a lost lease ends the turn without a word to the log', async () => {
  const did = await run({ leases: [lease(), undefined], slices: [{ kind: 'LEASE_LOST' }] });
  assert.deepEqual(did, ['take after -1 in 1', 'idle 500', 'idle 500']);
});

test('nothing is published in a lane that no sender has opened', async () => {
  assert.deepEqual(await run({ leases: [lease()], slices: [], isOpen: false }), ['idle 500']);
});

test('an empty lane waits until something is due', async () => {
  const did = await run({ leases: [lease()], slices: [due(40), due(9000), due(-5)] });
  assert.deepEqual(
    did.filter((step) => step.startsWith('idle')),
    ['idle 40', 'idle 3000', 'idle 1', 'idle 3000'],
  );
});

test('a lane that stays empty produces its newest slice once more, and once only', async () => {
  const did = await run({ leases: [lease()], slices: [slice(0, 'r0'), ...Array.from({ length: 60 }, () => empty)] });
  assert.equal(did.filter((step) => step === 'produce r0').length, 2);
});

test('a lane whose log and database are not of the same time is held, and nothing is produced in it', async () => {
  const intent = { lastSequence: 4, records: ['r3', 'r4'] };
  const held = lease({ epoch: 2, lastSequence: 4, intent });
  assert.deepEqual(await run({ leases: [held, held], slices: [], isRefused: true }), [
    'idle 500',
    'idle 500',
    'idle 500',
  ]);
});
