/** Batches of delivery events: positions, counters and pools. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import type { DeliveryEvent } from '@sendpool/contracts';
import { createRecordEvents, decideEvents } from './record-events.ts';
import { campaignRow, inFlight, outcomeEvent } from './recipient.fixture.ts';
import { defaultRetryPolicy as policy, type RecipientRow } from './recipient.ts';
import type { Loaded, RecordBatch, RecordStore } from './record-store.ts';

const now = 1_000_000;
const rules = { policy, random: () => 0.5 };

const loaded = (rows: readonly RecipientRow[], patch: Partial<Loaded> = {}): Loaded => ({
  rows,
  campaigns: [campaignRow()],
  pauses: [],
  now,
  ...patch,
});

test('events of one batch meet the state that the ones before them left, and only the net change is stored', () => {
  const rows = [inFlight(), inFlight({ number: 1, sequence: 8 })];
  const events: DeliveryEvent[] = [
    outcomeEvent('UNKNOWN'),
    outcomeEvent('ACCEPTED'),
    { type: 'GAP', lane: 0, from: 8, to: 8, at: 0 },
    outcomeEvent('BOUNCED', { recipient: 1, sequence: 8 }),
  ];
  const { changes, counters } = decideEvents(events, loaded(rows), rules);
  assert.deepEqual(
    changes.map(({ after }) => after.state),
    ['ACCEPTED', 'PENDING'],
  );
  assert.deepEqual(counters, [
    {
      campaign: 1,
      lane: 0,
      states: { IN_FLIGHT: -2, ACCEPTED: 1, PENDING: 1 },
      deferredThenAccepted: 0,
      unknownAt: null,
      busy: 0,
    },
  ]);
});

test('what changes nothing is not stored', () => {
  const { changes, counters, pools } = decideEvents(
    [outcomeEvent('UNKNOWN', { sequence: 3 })],
    loaded([inFlight()]),
    rules,
  );
  assert.deepEqual([changes, counters, pools], [[], [], []]);
});

test('counters tell of late acceptances, of the newest doubt, and of lanes that were too busy', () => {
  const rows = [
    inFlight({ facts: { deferredAt: 5 } }),
    inFlight({ number: 1, sequence: 8 }),
    inFlight({ number: 2, sequence: 9 }),
  ];
  const events = [
    outcomeEvent('ACCEPTED'),
    outcomeEvent('UNKNOWN', { recipient: 1, sequence: 8 }),
    outcomeEvent('RELEASED', { recipient: 2, sequence: 9, reason: 'BUSY' }),
  ];
  const [delta] = decideEvents(events, loaded(rows), rules).counters;
  assert.deepEqual([delta?.deferredThenAccepted, delta?.unknownAt, delta?.busy], [1, now, 1]);
});

test('messages without a server pause their pool, and one that was tried ends the pause', () => {
  const rows = [inFlight(), inFlight({ number: 1, sequence: 8 })];
  const back = [
    outcomeEvent('RELEASED', { reason: 'NO_SERVER' }),
    outcomeEvent('RELEASED', { recipient: 1, sequence: 8, reason: 'NO_SERVER' }),
  ];
  const { pools } = decideEvents(back, loaded(rows), rules);
  assert.deepEqual(pools, [{ poolId: 'pool', strikes: 1, until: now + 1000, reason: 'NO_SERVER' }]);
  const ended = decideEvents([outcomeEvent('BOUNCED')], loaded(rows, { pauses: pools }), rules).pools;
  assert.deepEqual(ended, [{ poolId: 'pool', strikes: 0, until: now, reason: 'NO_SERVER' }]);
  const failed = outcomeEvent('DEFERRED', { serverId: null, reason: 'SERVERS_FAILED' });
  assert.deepEqual(decideEvents([failed], loaded(rows, { pauses: pools }), rules).pools, ended);
});

test('messages that found every server at a limit pause their pool with that limit, and use up no try', () => {
  const event = outcomeEvent('RELEASED', { reason: 'LIMITED:messagesPerDay' });
  const { pools, changes } = decideEvents([event], loaded([inFlight({ tries: 2 })]), rules);
  assert.deepEqual(pools, [{ poolId: 'pool', strikes: 1, until: now + 1000, reason: 'LIMITED:messagesPerDay' }]);
  assert.deepEqual([changes[0]?.after.state, changes[0]?.after.tries], ['PENDING', 2]);
});

test('messages whose content cannot be read hold their campaign back in that lane, and not its pool', () => {
  const event = outcomeEvent('RELEASED', { reason: 'BAD_CONTENT' });
  const { pools, held } = decideEvents([event], loaded([inFlight()]), rules);
  assert.deepEqual([pools, held], [[], [{ campaign: 1, lane: 0, reason: 'BAD_CONTENT', at: now }]]);
});

const createStore = (): { store: RecordStore; batches: RecordBatch[]; position: number } => {
  const harness = {
    position: 10,
    batches: [] as RecordBatch[],
    store: {
      positions: async (partitions: readonly number[]) => new Map(partitions.map((one) => [one, harness.position])),
      apply: async (batch: RecordBatch, decide: (one: Loaded) => unknown) => {
        harness.batches.push(batch);
        if (batch.expected !== harness.position) return 'MOVED' as const;
        decide(loaded([inFlight()]));
        harness.position = batch.next;
        return 'APPLIED' as const;
      },
    },
  };
  return harness;
};

test('what was recorded before is not looked at again, and the position moves from exactly where it stood', async () => {
  const harness = createStore();
  const records = createRecordEvents({ store: harness.store, ...rules });
  assert.deepEqual([...(await records.assigned([0]))], [[0, 10]]);
  const events = [9, 10, 11].map((offset) => ({ offset, event: outcomeEvent('ACCEPTED', { recipient: offset }) }));
  await records.record({ partition: 0, next: 12, events });
  assert.deepEqual(
    harness.batches[0]?.keys.map(({ recipient }) => recipient),
    [10, 11],
  );
  assert.equal(await records.record({ partition: 0, next: 12, events }), 0);
  assert.equal(harness.batches.length, 1);
});

test('when somebody else has recorded, the batch fails and changes nothing', async () => {
  const harness = createStore();
  const records = createRecordEvents({ store: harness.store, ...rules });
  await records.assigned([0]);
  harness.position = 11;
  const batch = { partition: 0, next: 12, events: [{ offset: 10, event: outcomeEvent('ACCEPTED') }] };
  await assert.rejects(records.record(batch), (error) => isAppError(error, 'CONFLICT'));
});
