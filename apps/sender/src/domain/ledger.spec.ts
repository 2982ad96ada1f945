/** The ledger's text, by law. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oldestCarried } from '@sendpool/contracts';
import fc from 'fast-check';
import { decodeLedger, emptyLedger, encodeLedger, recordState, type Ledger } from './ledger.ts';

const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const carried = fc.tuple(sequence, sequence).map(([offset, last]) => ({ offset, sequence: last }));
const ledger = (window: number): fc.Arbitrary<Ledger> =>
  fc.record(
    {
      lastSequence: fc.oneof(fc.constant(-1), sequence),
      isInDoubt: fc.boolean(),
      states: fc.uint8Array({ maxLength: window, max: 3 }),
      carried: fc.array(carried, { maxLength: 32 }),
      generation: sequence,
    },
    { noNullPrototype: true },
  );

const withoutFreshEnd = (states: Uint8Array): number[] => {
  const kept = [...states];
  while (kept.at(-1) === recordState.FRESH) kept.pop();
  return kept;
};

test('a ledger that is written and read again is the same, but for fresh records at its end', () => {
  fc.assert(
    fc.property(ledger(200), (before) => {
      const after = decodeLedger(encodeLedger(before));
      assert.deepEqual(
        { ...after, states: [...(after?.states ?? [])] },
        { ...before, states: withoutFreshEnd(before.states) },
      );
    }),
  );
});

test('a full window with a full carry list of the largest numbers stays below 4,096 characters', () => {
  const largest = Number.MAX_SAFE_INTEGER;
  const full = {
    lastSequence: largest - 1,
    isInDoubt: true,
    states: new Uint8Array(4096).fill(recordState.DONE),
    carried: Array.from({ length: 32 }, () => ({ offset: largest, sequence: largest })),
    generation: largest,
  };
  const { length } = encodeLedger(full);
  assert.ok(length <= 2300, `${length} characters`);
});

test('a text that is no ledger of this version is no ledger at all, never an empty one', () => {
  const text = encodeLedger({ ...emptyLedger, lastSequence: 7, states: Uint8Array.of(1, 0, 2, 3, 1) });
  const others = ['', 'S1', 'S2' + text.slice(2), text.slice(0, -3), `${text}x`, 'L1:0:', text.replace(':5:', ':9:')];
  for (const other of others) assert.equal(decodeLedger(other), undefined, JSON.stringify(other));
  assert.equal(decodeLedger(text)?.lastSequence, 7);
});

test('whoever trims the log finds the oldest carried record in the text', () => {
  fc.assert(
    fc.property(ledger(200), (one) => {
      const offsets = one.carried.map(({ offset }) => offset);
      assert.equal(oldestCarried(encodeLedger(one)), offsets.length === 0 ? undefined : Math.min(...offsets));
    }),
  );
});
