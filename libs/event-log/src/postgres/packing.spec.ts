import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsOf } from './appender.ts';
import { eachCopyRow, packBatches, readBigint, unpackBatch } from './packing.ts';

const keyed = fc.record({ key: fc.option(fc.string({ unit: 'grapheme' })), value: fc.string({ unit: 'grapheme' }) });

/** The elements of a bytea[] in binary form. */
const elements = (array: Buffer): Buffer[] => {
  const found: Buffer[] = [];
  for (let at = 20; at < array.length;) {
    const start = at + 4;
    at = start + array.readInt32BE(at);
    found.push(array.subarray(start, at));
  }
  return found;
};

test('what was packed is unpacked again, from any offset on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(keyed, { minLength: 1, maxLength: 5 }), { maxLength: 4 }),
      fc.nat(6),
      (batches, skip) => {
        const packed = elements(packBatches(batches));
        assert.equal(packed.length, batches.length);
        for (const [index, bytes] of packed.entries()) {
          const batch = { partition: 3, baseOffset: 100, at: 7, start: 0, end: bytes.length };
          const records = unpackBatch(bytes, batch, 100 + skip);
          const got = records.map(({ key, value }) => ({ key, value: value.toString() }));
          // A lone surrogate has no UTF-8 form.
          const wanted = batches[index]!.map(({ key, value }) => ({
            key: key?.toWellFormed() ?? null,
            value: value.toWellFormed(),
          }));
          assert.deepEqual(got, wanted.slice(skip));
          assert.deepEqual(
            records.map((one) => one.offset),
            wanted.map((_, n) => 100 + n).slice(skip),
          );
        }
      },
    ),
  );
});

const field = (bytes: number[]): number[] => [0, 0, 0, bytes.length, ...bytes];

const row = (...fields: number[][]): number[] => [0, fields.length, ...fields.flatMap(field)];

test('rows of a binary COPY are found by their lengths', () => {
  const header = [...Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), 0, 0, 0, 0, 0, 0, 0, 0];
  const bytes = Buffer.from([
    ...header,
    ...row([0, 0, 0, 0, 0, 0, 1, 2], [65]),
    ...row([0, 0, 0, 1, 0, 0, 0, 0], []),
    255,
    255,
  ]);
  const rows: [number, string][] = [];
  eachCopyRow(bytes, ([number, text]) =>
    rows.push([readBigint(bytes, number!), bytes.toString('latin1', text!.start, text!.end)]),
  );
  assert.deepEqual(rows, [
    [258, 'A'],
    [2 ** 32, ''],
  ]);
});

const record = (partition: number, value: string) => ({ partition, key: null, value });

test('records are put into rows by partition, in order, and a large partition into several', () => {
  const big = 'x'.repeat(200_000);
  const rows = rowsOf([record(1, 'a'), record(0, 'b'), record(1, big), record(1, big), record(1, 'c')]);
  const shape = rows.map((row) => [row.partition, row.records.map((one) => one.value[0])]);
  assert.deepEqual(shape, [
    [1, ['a', 'x', 'x']],
    [0, ['b']],
    [1, ['c']],
  ]);
});
