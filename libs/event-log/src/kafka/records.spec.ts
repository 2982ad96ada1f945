import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { decodeBatches, encodeBatch, type BatchRecord } from './records.ts';

const sequence = { producerId: 7n, epoch: 3, first: 11 };
const keyed = fc.record({ key: fc.option(fc.string({ unit: 'grapheme' })), value: fc.string({ unit: 'grapheme' }) });
const attributes = 21;
const lastDelta = 23;
const count = 57;
const body = 61;

/** As the broker stores it: at an offset. */
const batchAt = (offset: number, records: readonly BatchRecord[]): Buffer => {
  const bytes = Buffer.from(encodeBatch(records, sequence, 1000));
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
};

/** As compaction leaves it: some records less, its offsets as they were. */
const without = (offset: number, [records, last]: [readonly BatchRecord[], number]): Buffer => {
  const bytes = batchAt(offset, records);
  bytes.writeInt32BE(last, lastDelta);
  return bytes;
};

const one = (value: string): BatchRecord => ({ key: null, value });

test('the checksum is CRC-32C: the check value of its catalogue entry, and any length and start', () => {
  assert.equal(crc32c(Buffer.from('123456789')).toString(16), 'e3069283');
  assert.equal(crc32c(Buffer.alloc(32)).toString(16), '8a9136aa');
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

test('what was encoded is decoded again, from any offset on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(keyed, { minLength: 1, maxLength: 5 }), { maxLength: 4 }),
      fc.nat(12),
      (batches, skip) => {
        let offset = 100;
        const bytes = batches.map((records) => {
          offset += records.length;
          return batchAt(offset - records.length, records);
        });
        const { records, next } = decodeBatches(Buffer.concat(bytes), 3, 100 + skip);
        const given = batches.flat().map(({ key, value }, index) => [3, 100 + index, 1000, key, value]);
        const found = records.map((one) => [one.partition, one.offset, one.at, one.key, one.value.toString()]);
        assert.deepEqual(found, given.slice(skip));
        assert.equal(next, Math.max(offset, 100 + skip));
      },
    ),
  );
});

test('a batch that is cut off is left for the next read', () => {
  const bytes = Buffer.concat([batchAt(5, [one('a'), one('b')]), batchAt(7, [one('c')])]);
  for (let size = 0; size < bytes.length; size++) {
    const whole = size >= bytes.length - batchAt(7, [one('c')]).length;
    const { records, next } = decodeBatches(bytes.subarray(0, size), 0, 5);
    assert.deepEqual([records.length, next], whole ? [2, 7] : [0, 5], `of ${size} bytes`);
  }
});

test('where compaction took the last records of a batch, or all of them, reading goes on behind it', () => {
  const rest = without(10, [[one('a')], 9]);
  assert.deepEqual(decodeBatches(rest, 0, 15), { records: [], next: 20 });
  const empty = Buffer.from(batchAt(20, []));
  empty.writeInt32BE(4, lastDelta);
  assert.equal(decodeBatches(empty, 0, 20).next, 25);
});

test('the time of a record is the broker’s where the topic says so', () => {
  const bytes = batchAt(0, [one('a')]);
  bytes.writeBigInt64BE(5000n, 35);
  assert.equal(decodeBatches(bytes, 0, 0).records[0]!.at, 1000);
  bytes.writeInt16BE(0x08, attributes);
  assert.equal(decodeBatches(bytes, 0, 0).records[0]!.at, 5000);
});

test('marks of transactions are no records, but reading goes on behind them', () => {
  const bytes = batchAt(4, [one('commit')]);
  bytes.writeInt16BE(0x20, attributes);
  assert.deepEqual(decodeBatches(bytes, 0, 4), { records: [], next: 5 });
});

test('a broker that was told to compress is understood where it uses gzip, and refused by name where not', () => {
  const plain = batchAt(4, [one('a'), one('b')]);
  const head = Buffer.from(plain.subarray(0, body));
  const bytes = Buffer.concat([head, gzipSync(plain.subarray(body))]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt16BE(1, attributes);
  assert.equal(
    decodeBatches(bytes, 0, 0)
      .records.map(({ value }) => value.toString())
      .join(),
    'a,b',
  );
  bytes.writeInt16BE(4, attributes);
  assert.throws(() => decodeBatches(bytes, 0, 0), { code: 'BAD_RECORD', message: /codec 4/ });
});

test('headers, and a value that was removed, do not disturb', () => {
  const plain = batchAt(0, [one('x'), one('y')]);
  assert.equal(plain.readInt32BE(count), 2);
  // A record of 9 bytes: times 0, offset 0, no key, no value, one header "h" without a value.
  const record = Buffer.from([2 * 9, 0, 0, 0, 1, 1, 2, 2, 0x68, 1]);
  const bytes = Buffer.concat([plain.subarray(0, body), record]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(1, count);
  const [found] = decodeBatches(bytes, 0, 0).records;
  assert.deepEqual([found!.key, found!.value.length], [null, 0]);
});
