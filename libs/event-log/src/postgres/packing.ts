/**
 * How records lie in bytes. A batch is its records one after the other: length of the key (-1 = none), key, length of the value, value;
 * lengths are 32-bit big-endian, text is UTF-8. Around it PostgreSQL's binary formats of arrays and of COPY.
 */
import type { NewRecord, StoredRecord } from '../port.ts';

const byteaOid = 17;
const arrayHeader = 20;

type Keyed = Pick<NewRecord, 'key' | 'value'>;

/** UTF-8 takes at most three bytes for each UTF-16 unit. */
const roomOf = (records: readonly Keyed[]): number => {
  let room = 4 + records.length * 8;
  for (const { key, value } of records) room += ((key?.length ?? 0) + value.length) * 3;
  return room;
};

const packRecords = (into: Buffer, start: number, records: readonly Keyed[]): number => {
  let at = start;
  for (const { key, value } of records) {
    const keyLength = key === null ? -1 : into.write(key, at + 4, 'utf8');
    at = into.writeInt32BE(keyLength, at) + Math.max(0, keyLength);
    const length = into.write(value, at + 4, 'utf8');
    at = into.writeInt32BE(length, at) + length;
  }
  return at;
};

/** One bytea[] parameter in binary form that holds each batch packed. */
export const packBatches = (batches: readonly (readonly Keyed[])[]): Buffer => {
  const into = Buffer.allocUnsafe(batches.reduce((room, records) => room + roomOf(records), arrayHeader));
  [1, 0, byteaOid, batches.length, 1].forEach((field, index) => into.writeInt32BE(field, index * 4));
  let at = arrayHeader;
  for (const records of batches) {
    const end = packRecords(into, at + 4, records);
    into.writeInt32BE(end - at - 4, at);
    at = end;
  }
  return into.subarray(0, at);
};

/** Where a stored batch lies within what was read. */
export type PackedBatch = { partition: number; baseOffset: number; at: number; start: number; end: number };

/** The records of a packed batch from offset `from` on; values are views into `bytes`. */
export const unpackBatch = (bytes: Buffer, batch: PackedBatch, from: number): StoredRecord[] => {
  const records: StoredRecord[] = [];
  const { partition, at: appendedAt } = batch;
  let at = batch.start;
  for (let offset = batch.baseOffset; at < batch.end; offset++) {
    const keyLength = bytes.readInt32BE(at);
    const keyEnd = at + 4 + Math.max(0, keyLength);
    const valueEnd = keyEnd + 4 + bytes.readInt32BE(keyEnd);
    if (offset >= from) {
      const key = keyLength < 0 ? null : bytes.toString('utf8', at + 4, keyEnd);
      records.push({ partition, offset, key, value: bytes.subarray(keyEnd + 4, valueEnd), at: appendedAt });
    }
    at = valueEnd;
  }
  return records;
};

const copyHeader = 19;

/** Where each field of a row in binary COPY format lies; all rows have the same number of fields, none is null. */
export type Field = { start: number; end: number };

/** Calls `onRow` for each row of a COPY … (FORMAT binary). The same array of fields is used again for the next row. */
export const eachCopyRow = (bytes: Buffer, onRow: (fields: readonly Field[]) => void): void => {
  let at = copyHeader;
  const fields: Field[] = [];
  for (let count = bytes.readInt16BE(at); count >= 0; count = bytes.readInt16BE(at)) {
    at += 2;
    for (let index = 0; index < count; index++) {
      const start = at + 4;
      at = start + bytes.readInt32BE(at);
      fields[index] = { start, end: at };
    }
    onRow(fields);
  }
};

/** A bigint column of a binary row; sound below 2^53. */
export const readBigint = (bytes: Buffer, field: Field): number => Number(bytes.readBigInt64BE(field.start));
