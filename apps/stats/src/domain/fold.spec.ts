import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { outcomes, type DeliveryEvent, type OutcomeEvent } from '@sendpool/contracts';
import { sumDeltas, type CountDelta, type Counts } from './counts.ts';
import { emptyLane, foldLane, openLimits, watermark, type LaneState } from './fold.ts';
import { hop, outcome, unknown } from './outcome.fixture.ts';
import { recount } from './recount.ts';

const keyOf = (delta: CountDelta): string => [delta.campaignId, delta.serverId, delta.provider, delta.minute].join('|');

/** Totals by campaign, server, provider and minute; keys whose numbers are all zero are left out. */
const totals = (deltas: readonly CountDelta[]): Record<string, Counts> => {
  const sums = [...sumDeltas(deltas, keyOf)].map(([key, sum]) => [key, sum.add] as const);
  return Object.fromEntries(sums.filter(([, counts]) => Object.values(counts).some((count) => count !== 0)));
};

const sumOf = (deltas: readonly CountDelta[], counter: keyof Counts): number =>
  deltas.reduce((sum, delta) => sum + (delta.add[counter] ?? 0), 0);

const eventArbitrary: fc.Arbitrary<DeliveryEvent> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record({
        sequence: fc.nat(30),
        outcome: fc.constantFrom(...outcomes),
        serverId: fc.constantFrom('a', 'b', null),
        provider: fc.constantFrom('gmail', 'other'),
        at: fc.constantFrom(30_000, 70_000, 3_600_000),
        bounceClass: fc.constantFrom('HARD' as const, 'BLOCK' as const, 'SOFT' as const),
        hops: fc.constantFrom<OutcomeEvent['hops']>([], [hop('b')], [hop('a'), hop('c')]),
        latencyMs: fc.constantFrom(null, 3, 250.4),
      })
      .map(({ sequence, ...facts }) => outcome(sequence, { ...facts, campaignId: `c${sequence % 2}` })),
  },
  fc
    .tuple(fc.nat(30), fc.nat(5))
    .map(([from, length]) => ({ type: 'GAP' as const, lane: 0, from, to: from + length, at: 1 })),
  fc.nat(30).map((upTo) => ({ type: 'LOST' as const, lane: 0, upTo, at: 1 })),
);

const foldBatches = (batches: readonly (readonly DeliveryEvent[])[]): { state: LaneState; deltas: CountDelta[] } =>
  batches.reduce<{ state: LaneState; deltas: CountDelta[] }>(
    (before, batch) => {
      const next = foldLane(JSON.parse(JSON.stringify(before.state)) as LaneState, batch);
      return { state: next.state, deltas: [...before.deltas, ...next.deltas] };
    },
    { state: emptyLane, deltas: [] },
  );

test('folding in any batches gives the same numbers and the same state as folding at once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(eventArbitrary, { maxLength: 6 })), (batches) => {
      const apart = foldBatches(batches);
      const atOnce = foldLane(emptyLane, batches.flat());
      assert.deepEqual(totals(apart.deltas), totals(atOnce.deltas));
      assert.deepEqual(apart.state, atOnce.state);
    }),
  );
});

test('folded numbers equal the naive recount, whatever outcomes arrive in whatever order and number', () => {
  fc.assert(
    fc.property(fc.array(eventArbitrary, { maxLength: 120 }), (events) => {
      assert.deepEqual(totals(foldLane(emptyLane, events).deltas), totals(recount(events)));
    }),
    { numRuns: 500 },
  );
});

test('events that are read a second time change nothing', () => {
  fc.assert(
    fc.property(fc.array(eventArbitrary), fc.nat(), (events, from) => {
      const once = foldLane(emptyLane, events);
      const again = foldLane(once.state, events.slice(from % (events.length + 1)));
      assert.deepEqual(totals([...once.deltas, ...again.deltas]), totals(once.deltas));
      assert.equal(again.state.open.length, once.state.open.length);
    }),
  );
});

test('the given state is never changed', () => {
  fc.assert(
    fc.property(fc.array(eventArbitrary), fc.array(eventArbitrary), (first, second) => {
      const { state } = foldLane(emptyLane, first);
      const before = structuredClone(state);
      foldLane(state, second);
      assert.deepEqual(state, before);
    }),
  );
});

test('a lane in order is remembered as one watermark', () => {
  const { state } = foldLane(
    emptyLane,
    Array.from({ length: 1000 }, (_, sequence) => outcome(sequence)),
  );
  assert.deepEqual(state, { settled: [0, 999], open: [] });
  assert.equal(watermark(state), 999);
});

test('ACCEPTED after UNKNOWN moves the count to the server that accepted', () => {
  const { deltas, state } = foldBatches([[unknown(5)], [outcome(5, { serverId: 'b' })]]);
  assert.deepEqual(Object.keys(totals(deltas)), ['c1|b|gmail|960000']);
  assert.equal(sumOf(deltas, 'unknown'), 0);
  assert.equal(sumOf(deltas, 'accepted'), 1);
  assert.deepEqual(state.open, []);
});

test('UNKNOWN after ACCEPTED changes nothing', () => {
  assert.deepEqual(foldLane(foldLane(emptyLane, [outcome(5)]).state, [unknown(5)]).deltas, []);
});

test('ACCEPTED after DEFERRED of the same publication is a duplicate', () => {
  const { deltas } = foldLane(emptyLane, [outcome(5, { outcome: 'DEFERRED' }), outcome(5)]);
  assert.equal(sumOf(deltas, 'deferred'), 1);
  assert.equal(sumOf(deltas, 'accepted'), 0);
});

test('RELEASED and CANCELLED settle a publication without a count', () => {
  const { deltas, state } = foldLane(emptyLane, [
    outcome(0, { outcome: 'RELEASED' }),
    outcome(1, { outcome: 'CANCELLED' }),
  ]);
  assert.deepEqual(deltas, []);
  assert.equal(watermark(state), 1);
});

test('ACCEPTED still counts when it arrives after LOST put the publication in doubt', () => {
  const { deltas } = foldLane(emptyLane, [{ type: 'LOST', lane: 0, upTo: 9, at: 1 }, outcome(4)]);
  assert.equal(sumOf(deltas, 'accepted'), 1);
});

test('a gap closes the hole in front of the watermark', () => {
  const { state } = foldLane(emptyLane, [outcome(0), outcome(9), { type: 'GAP', lane: 0, from: 1, to: 8, at: 1 }]);
  assert.equal(watermark(state), 9);
});

test('each hop is one failover of the server that failed', () => {
  const { deltas } = foldLane(emptyLane, [
    outcome(1, { hops: [hop('x'), hop('y')] }),
    outcome(1, { hops: [hop('x')] }),
  ]);
  assert.equal(totals(deltas)['c1|x|gmail|960000']?.failovers, 1);
  assert.equal(totals(deltas)['c1|y|gmail|960000']?.failovers, 1);
});

test('an UNKNOWN is forgotten a day later, and its count stays', () => {
  const late = 1_000_000 + openLimits.ageMs + 1;
  const { deltas, state } = foldLane(emptyLane, [unknown(1), unknown(2, { at: late }), outcome(1, { at: late })]);
  assert.equal(sumOf(deltas, 'unknown'), 2);
  assert.deepEqual(
    state.open.map((entry) => entry.from),
    [2],
  );
});

test('memory of open publications is bounded, and those counted as UNKNOWN are forgotten last', () => {
  const released = Array.from({ length: openLimits.entries + 50 }, (_, at) =>
    outcome(10 + at * 2, { outcome: 'RELEASED' }),
  );
  const { state } = foldLane(emptyLane, [unknown(1), ...released]);
  assert.equal(state.open.length, openLimits.entries);
  assert.equal(state.open[0]?.from, 1);
});

test('a fold that opens and closes nothing hands back the same open settlements', () => {
  const { state } = foldLane(emptyLane, [unknown(1)]);
  assert.equal(foldLane(state, [outcome(2), outcome(3)]).state.open, state.open);
});
