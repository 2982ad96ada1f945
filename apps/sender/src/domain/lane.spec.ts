/** The records of a lane, by law: the base only grows, passes nothing unread, and a next owner reads what the last one knew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SendRequestRecord } from '@sendpool/contracts';
import {
  advance,
  append,
  judge,
  markDone,
  nextOffset,
  openLane,
  setState,
  skipTo,
  snapshot,
  windowOf,
  type Lane,
} from './lane.ts';
import { decodeLedger, emptyLedger, recordState } from './ledger.ts';

const rule = { window: 16, started: 4 };

const request = (sequence: number): SendRequestRecord => ({
  type: 'SEND',
  lane: 0,
  sequence,
  campaignId: 'c',
  campaignRevision: 1,
  recipient: sequence,
  email: 'a@example.com',
  fields: '{}',
  tryNumber: 1,
  serverHint: null,
});

const takeIn = (lane: Lane, sequence: number): void => {
  const offset = nextOffset(lane);
  const verdict = judge(lane, { offset, request: request(sequence) });
  const state = verdict.kind === 'REQUEST' ? recordState.FRESH : recordState.DONE;
  append(lane, { offset, sequence, state });
};

type Step = { readonly kind: 'READ' | 'START' | 'FINISH' | 'RETURN' | 'COMMIT'; readonly pick: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind'][]>('READ', 'READ', 'START', 'START', 'FINISH', 'FINISH', 'RETURN', 'COMMIT'),
    pick: fc.nat(),
  }),
  { maxLength: 200 },
);

/** One step of an owner that keeps the rules; `started` are its conversations. */
const run = (lane: Lane, started: { offset: number; sequence: number }[], { kind, pick }: Step): void => {
  const window = lane.records.slice(lane.passed);
  const fresh = window.filter(({ state }) => state === recordState.FRESH);
  const record = fresh[pick % Math.max(1, fresh.length)];
  if (kind === 'READ' && windowOf(lane) < rule.window) takeIn(lane, nextOffset(lane));
  if (kind === 'START' && record !== undefined && lane.started < rule.started) {
    setState(lane, record, recordState.STARTED);
    started.push(record);
  }
  if (kind === 'RETURN' && record !== undefined) setState(lane, record, recordState.RETURNED);
  if (kind === 'FINISH' && started.length > 0) markDone(lane, started.splice(pick % started.length, 1)[0]!);
  if (kind === 'COMMIT') {
    advance(lane, rule);
    snapshot(lane, 1);
  }
};

test('the base never goes back, passes nothing unread, and what is started never exceeds its limit', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const lane: Lane = openLane(0, 0, emptyLedger);
      const started: { offset: number; sequence: number }[] = [];
      for (const step of list) {
        const before = lane.base;
        run(lane, started, step);
        assert.ok(lane.base >= before);
        assert.ok(lane.base <= nextOffset(lane));
        assert.equal(lane.started, started.length);
        assert.ok(lane.started <= rule.started && lane.carried.size <= rule.started);
      }
    }),
  );
});

test('whatever was committed, the next owner finds each record in the state that it had, and re-published ones are dropped', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const lane: Lane = openLane(0, 0, emptyLedger);
      const started: { offset: number; sequence: number }[] = [];
      for (const step of list) run(lane, started, step);
      const truth = new Map(lane.records.slice(lane.passed).map(({ sequence, state }) => [sequence, state]));
      advance(lane, rule);
      const { offset, metadata } = snapshot(lane, 1);
      const next: Lane = openLane(0, offset, decodeLedger(metadata)!);
      for (const record of lane.records.slice(lane.passed)) {
        assert.equal(next.inherited.states[record.offset - offset] ?? recordState.FRESH, truth.get(record.sequence));
      }
      assert.deepEqual(new Set(next.carried.keys()), new Set(lane.carried.keys()));
      for (const sequence of next.carried.keys())
        assert.equal(judge(next, { offset, request: request(sequence) }).kind, 'REPUBLISHED');
      assert.equal(judge(next, { offset, request: request(offset) }).kind, 'REQUEST');
      if (offset > 0) assert.equal(judge(next, { offset, request: request(offset - 1) }).kind, 'REPUBLISHED');
    }),
  );
});

test('a slow reply at the head does not stop the lane: it moves to the carry list when the window is half full', () => {
  const lane: Lane = openLane(0, 0, emptyLedger);
  takeIn(lane, 0);
  setState(lane, lane.records[0]!, recordState.STARTED);
  for (let sequence = 1; sequence <= 8; sequence++) {
    takeIn(lane, sequence);
    setState(lane, lane.records[sequence]!, recordState.DONE);
  }
  advance(lane, rule);
  assert.equal(lane.base, 9);
  assert.deepEqual([...lane.carried.keys()], [0]);
  markDone(lane, { offset: 0, sequence: 0 });
  assert.equal(lane.started, 0);
});

test('a jump is a gap up to the record, and up to and with a fence', () => {
  const lane: Lane = openLane(0, 0, emptyLedger);
  takeIn(lane, 0);
  assert.deepEqual(judge(lane, { offset: 1, request: request(4) }), {
    kind: 'REQUEST',
    request: request(4),
    gap: { from: 1, to: 3 },
  });
  const fence = judge(lane, { offset: 1, request: { type: 'FENCE', lane: 0, sequence: 100 } });
  assert.deepEqual(fence, { kind: 'FENCE', sequence: 100, gap: { from: 1, to: 100 } });
});

test('a started record that the log does not have any more puts the next jump in doubt', () => {
  const ledger = { ...emptyLedger, states: Uint8Array.of(recordState.DONE, recordState.STARTED) };
  const lane: Lane = openLane(0, 10, ledger);
  skipTo(lane, 20);
  assert.equal(lane.isInDoubt, true);
  assert.equal(nextOffset(lane), 20);
});
