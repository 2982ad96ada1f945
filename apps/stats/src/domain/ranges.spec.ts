import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addRange, hasSequence, holesIn, type Ranges } from './ranges.ts';

const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([from, length]) => ({ from, to: from + length }));

const sequencesOf = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('ranges hold exactly the sequences that were added', () => {
  fc.assert(
    fc.property(fc.array(range), (added) => {
      const ranges: Ranges = [];
      for (const { from, to } of added) addRange(ranges, from, to);
      const expected = new Set(added.flatMap(({ from, to }) => sequencesOf(from, to)));
      for (const sequence of sequencesOf(0, 80)) assert.equal(hasSequence(ranges, sequence), expected.has(sequence));
    }),
  );
});

test('ranges stay sorted and never touch, so that a lane in order is one range', () => {
  fc.assert(
    fc.property(fc.array(range), (added) => {
      const ranges: Ranges = [];
      for (const { from, to } of added) addRange(ranges, from, to);
      for (let at = 1; at < ranges.length; at += 1)
        assert.ok(ranges[at]! - ranges[at - 1]! >= (at % 2 === 0 ? 2 : 0), String(ranges));
    }),
  );
});

test('holes are exactly the sequences that are missing', () => {
  fc.assert(
    fc.property(fc.array(range), range, (added, { from, to }) => {
      const ranges: Ranges = [];
      for (const each of added) addRange(ranges, each.from, each.to);
      const holes = holesIn(ranges, from, to).flatMap((hole) => sequencesOf(...hole));
      assert.deepEqual(
        holes,
        sequencesOf(from, to).filter((sequence) => !hasSequence(ranges, sequence)),
      );
    }),
  );
});
