/** Record batches, format 2, as they lie in the log (Kafka protocol guide, "Record Batch"): written without compression, read plain or gzip. */
import { gunzipSync } from 'node:zlib';
import { AppError } from '@sendpool/kernel';
import type { StoredRecord } from '../port.ts';
import { crc32c } from './crc32c.ts';

export type BatchRecord = { key: string | null; value: string };
/** Who appends, and the number of the batch's first record among what it appended to this partition: how the broker knows a repetition. */
export type Sequence = { producerId: bigint; epoch: number; first: number };

const at = {
  base: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  firstTime: 27,
  maxTime: 35,
  producerId: 43,
  producerEpoch: 51,
  sequence: 53,
  count: 57,
  records: 61,
} as const;
const headSize: number = at.records;
/** Bytes before those that the length counts. */
const lengthEnd = 12;
const magic = 2;
const codecMask = 0x07;
const gzip = 1;
const appendTimeFlag = 0x08;
const controlFlag = 0x20;
/** Of one record beside its key and value, at most. */
const overhead = 22;

const zigzagSize = (value: number): number => {
  const bits = 32 - Math.clz32((value << 1) ^ (value >> 31));
  return bits === 0 ? 1 : Math.ceil(bits / 7);
};

const writeVarint = (bytes: Buffer, value: number, start: number): number => {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let place = start;
  while (rest > 0x7f) {
    bytes[place++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[place] = rest;
  return place + 1;
};

/** Bytes that a record takes, at most. */
export const sizeOf = ({ key, value }: BatchRecord): number =>
  overhead + 3 * (value.length + (key === null ? 0 : key.length));

const writeRecord = (bytes: Buffer, { key, value }: BatchRecord, [delta, start]: [number, number]): number => {
  const keySize = key === null ? -1 : Buffer.byteLength(key);
  const valueSize = Buffer.byteLength(value);
  const body = 3 + zigzagSize(delta) + zigzagSize(keySize) + Math.max(0, keySize) + zigzagSize(valueSize) + valueSize;
  let place = writeVarint(bytes, body, start);
  // No attributes; the time of the batch.
  bytes[place++] = 0;
  bytes[place++] = 0;
  place = writeVarint(bytes, delta, place);
  place = writeVarint(bytes, keySize, place);
  if (key !== null) place += bytes.write(key, place);
  place = writeVarint(bytes, valueSize, place);
  place += bytes.write(value, place);
  bytes[place++] = 0;
  return place;
};

/** One batch of one partition. `now`: milliseconds since 1970. */
export const encodeBatch = (records: readonly BatchRecord[], sequence: Sequence, now: number): Buffer => {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + sizeOf(record), headSize));
  let end: number = at.records;
  for (const [delta, record] of records.entries()) end = writeRecord(bytes, record, [delta, end]);
  bytes.writeBigInt64BE(0n, at.base);
  bytes.writeInt32BE(end - lengthEnd, at.length);
  bytes.writeInt32BE(-1, at.leaderEpoch);
  bytes.writeInt8(magic, at.magic);
  bytes.writeInt16BE(0, at.attributes);
  bytes.writeInt32BE(records.length - 1, at.lastDelta);
  bytes.writeBigInt64BE(BigInt(now), at.firstTime);
  bytes.writeBigInt64BE(BigInt(now), at.maxTime);
  bytes.writeBigInt64BE(sequence.producerId, at.producerId);
  bytes.writeInt16BE(sequence.epoch, at.producerEpoch);
  bytes.writeInt32BE(sequence.first, at.sequence);
  bytes.writeInt32BE(records.length, at.count);
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.attributes, end)), at.crc);
  return bytes.subarray(0, end);
};

type Cursor = { bytes: Buffer; place: number };

/** Numbers beyond 32 bits (differences of time) come out right too. */
const readVarint = (cursor: Cursor): number => {
  let byte = cursor.bytes[cursor.place++]!;
  let value = byte & 0x7f;
  for (let scale = 128; byte > 0x7f; scale *= 128) {
    byte = cursor.bytes[cursor.place++]!;
    value += (byte & 0x7f) * scale;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
};

const readBytes = (cursor: Cursor): Buffer | null => {
  const size = readVarint(cursor);
  if (size < 0) return null;
  cursor.place += size;
  return cursor.bytes.subarray(cursor.place - size, cursor.place);
};

const empty = Buffer.alloc(0);

type Batch = { partition: number; base: number; firstTime: number; appendTime: number | undefined };

const readRecord = (cursor: Cursor, batch: Batch): StoredRecord => {
  const end = readVarint(cursor) + cursor.place;
  cursor.place++;
  const time = batch.firstTime + readVarint(cursor);
  const offset = batch.base + readVarint(cursor);
  const key = readBytes(cursor);
  // A value that was removed reads as an empty one; none of ours is.
  const value = readBytes(cursor) ?? empty;
  // Headers: none are ours.
  cursor.place = end;
  return {
    partition: batch.partition,
    offset,
    key: key === null ? null : key.toString('utf8'),
    value,
    at: batch.appendTime ?? time,
  };
};

const recordsIn = (bytes: Buffer, attributes: number): Cursor => {
  const codec = attributes & codecMask;
  if (codec === 0) return { bytes, place: at.records };
  if (codec === gzip) return { bytes: gunzipSync(bytes.subarray(at.records)), place: 0 };
  throw new AppError('BAD_RECORD', `a batch is compressed by codec ${codec}; Sendpool reads plain ones and gzip`);
};

const readBatch = (bytes: Buffer, partition: number, take: (record: StoredRecord) => void): void => {
  const attributes = bytes.readInt16BE(at.attributes);
  // Marks of transactions, which are not ours.
  if ((attributes & controlFlag) !== 0) return;
  const batch = {
    partition,
    base: Number(bytes.readBigInt64BE(at.base)),
    firstTime: Number(bytes.readBigInt64BE(at.firstTime)),
    appendTime: (attributes & appendTimeFlag) === 0 ? undefined : Number(bytes.readBigInt64BE(at.maxTime)),
  };
  const cursor = recordsIn(bytes, attributes);
  for (let count = bytes.readInt32BE(at.count); count > 0; count--) take(readRecord(cursor, batch));
};

export type Run = {
  records: StoredRecord[];
  /** The offset to read on from: behind the last batch, though compaction may have left less or nothing of it. */
  next: number;
};

/** The records from offset `from` on in batches of one partition; the last batch may be cut off. */
export const decodeBatches = (bytes: Buffer, partition: number, from: number): Run => {
  const records: StoredRecord[] = [];
  let next = from;
  for (let start = 0; start + at.records <= bytes.length;) {
    const end = start + lengthEnd + bytes.readInt32BE(start + at.length);
    if (end > bytes.length) break;
    const batch = bytes.subarray(start, end);
    if (batch.readInt8(at.magic) !== magic)
      throw new AppError('BAD_RECORD', 'a batch has a format older than Kafka 0.11; Sendpool does not read it');
    readBatch(batch, partition, (record) => {
      if (record.offset >= from) records.push(record);
    });
    next = Math.max(next, Number(batch.readBigInt64BE(at.base)) + batch.readInt32BE(at.lastDelta) + 1);
    start = end;
  }
  return { records, next };
};
