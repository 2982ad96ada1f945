/** The slice transaction: records, sequences and what becomes of the recipients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRequestsTopic } from '@sendpool/contracts';
import type { Candidate, LaneStore, SliceSave } from './lane-store.ts';
import { defaultSliceLimits } from './plan-slice.ts';
import { inFlight } from './recipient.fixture.ts';
import { defaultRetryPolicy as policy } from './recipient.ts';
import { createTakeSlice } from './take-slice.ts';

const candidate = (patch: Partial<Candidate> = {}): Candidate => ({
  row: inFlight({ state: 'PENDING', sequence: -1 }),
  email: 'ann@example.com',
  fields: '{"name":"Ann"}',
  suppressed: false,
  ...patch,
});

const createStore = (candidates: readonly Candidate[]): { store: Pick<LaneStore, 'slice'>; saved: SliceSave[] } => {
  const saved: SliceSave[] = [];
  const slice: LaneStore['slice'] = (work) =>
    work({
      lock: async ({ epoch }) => (epoch === 3 ? { now: 1000 } : undefined),
      campaigns: async () => ({
        campaigns: [
          {
            campaign: 1,
            id: 'c1',
            revision: 5,
            poolId: 'pool',
            inFlight: 0,
            window: 1000,
            due: 0,
            fresh: candidates.length,
          },
        ],
        pauses: [],
      }),
      candidates: async () => [...candidates],
      save: async (save) => void saved.push(save),
      nextDueAt: async () => 4000,
    });
  return { store: { slice }, saved };
};

const take = (store: Pick<LaneStore, 'slice'>, epoch = 3) =>
  createTakeSlice({ store, limits: defaultSliceLimits, policy })({ lane: 0, epoch, produced: 41 });

test('each recipient gets the next sequence of the lane, and the records are kept as they will be produced', async () => {
  const due = candidate({
    row: inFlight({ number: 1, state: 'DEFERRED', tries: 2, facts: { serverHint: 's2', dueAt: 900 } }),
  });
  const { store, saved } = createStore([due, candidate()]);
  const result = await take(store);
  assert.ok(result.kind === 'SLICE');
  assert.deepEqual(
    result.records.map((record) => sendRequestsTopic.decode(record)).map((one) => one.sequence),
    [42, 43],
  );
  assert.deepEqual(sendRequestsTopic.decode(result.records[0]!), {
    type: 'SEND',
    lane: 0,
    sequence: 42,
    campaignId: 'c1',
    campaignRevision: 5,
    recipient: 1,
    email: 'ann@example.com',
    fields: '{"name":"Ann"}',
    tryNumber: 3,
    serverHint: 's2',
  });
  const [save] = saved;
  assert.deepEqual(save?.intent, { lastSequence: 43, records: result.records });
  assert.deepEqual(
    save?.changes.map(({ after }) => [after.state, after.sequence, after.facts.dueAt]),
    [
      ['IN_FLIGHT', 42, null],
      ['IN_FLIGHT', 43, null],
    ],
  );
  assert.deepEqual(save?.counters[0]?.states, { DEFERRED: -1, IN_FLIGHT: 2, PENDING: -1 });
  assert.deepEqual(save?.takes, [{ campaign: 1, lane: 0, fresh: 1, nextNumber: 1, window: 1001 }]);
});

test('a contact that was suppressed meanwhile is not published, and a slice of nothing else keeps no intent', async () => {
  const { store, saved } = createStore([candidate({ suppressed: true })]);
  assert.deepEqual(await take(store), { kind: 'SLICE', lastSequence: 41, records: [] });
  assert.equal(saved[0]?.intent, undefined);
  assert.equal(saved[0]?.changes[0]?.after.state, 'SUPPRESSED');
  assert.equal(saved[0]?.takes[0]?.nextNumber, 1);
});

test('a doubt about a contact that was suppressed stays a doubt', async () => {
  const doubt = inFlight({ state: 'UNKNOWN', facts: { unknowns: 1, dueAt: 900 } });
  const { store, saved } = createStore([candidate({ row: doubt, suppressed: true })]);
  await take(store);
  const after = saved[0]?.changes[0]?.after;
  assert.deepEqual([after?.state, after?.facts.dueAt], ['UNKNOWN', null]);
});

test('without the lease nothing is taken, and an empty lane says when to look again', async () => {
  const { store, saved } = createStore([]);
  assert.deepEqual(await take(store, 2), { kind: 'LEASE_LOST' });
  assert.deepEqual(await take(store), { kind: 'EMPTY', nextDueAt: 4000, now: 1000 });
  assert.deepEqual(saved, []);
});
