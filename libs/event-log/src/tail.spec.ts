import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredRecord } from './port.ts';
import { createTail, type TailOptions } from './tail.ts';

const recordAt = (offset: number): StoredRecord => ({
  partition: 0,
  offset,
  key: null,
  value: Buffer.from(String(offset)),
  at: 0,
});

const tailOf = (log: { records: StoredRecord[] }, from: TailOptions['from']) => {
  const seen: number[] = [];
  const eventLog = {
    bounds: async () => [
      { partition: 0, first: log.records[0]?.offset ?? 0, next: (log.records.at(-1)?.offset ?? -1) + 1 },
    ],
    read: async (_topic: string, _partition: number, offset: number, max: number) =>
      log.records.filter((record) => record.offset >= offset).slice(0, max),
  };
  const onRecords = (records: readonly StoredRecord[]): void => void seen.push(...records.map(({ offset }) => offset));
  return { seen, look: createTail({ eventLog, topic: 't', from, onRecords }) };
};

const many = Array.from({ length: 2500 }, (_, offset) => recordAt(offset));

test('a tail from the first record hands on all that is kept, in one look', async () => {
  const { seen, look } = tailOf({ records: many.slice(300) }, 'FIRST');
  await look();
  assert.deepEqual(
    seen,
    many.slice(300).map(({ offset }) => offset),
  );
});

test('a tail from the end hands on what comes, each record once', async () => {
  const log = { records: many.slice(0, 5) };
  const { seen, look } = tailOf(log, 'END');
  await look();
  log.records = many.slice(0, 7);
  await look();
  await look();
  assert.deepEqual(seen, [5, 6]);
});

test('a tail whose log was lost reads all that the new one holds, once it has been quiet for a while', async () => {
  const log = { records: many.slice(0, 50) };
  const { seen, look } = tailOf(log, 'END');
  await look();
  log.records = many.slice(0, 2);
  for (let looks = 0; looks < 12; looks += 1) await look();
  assert.deepEqual(seen, [0, 1]);
});
