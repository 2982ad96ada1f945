/** Reads records of several partitions in one statement, by COPY in binary form: measured several times cheaper than result rows. */
import type pg from 'pg';
import type { Found, Wanted } from '../group/delivery.ts';
import type { StoredRecord } from '../port.ts';
import { copyOut } from './connection.ts';
import { eachCopyRow, readBigint, unpackBatch } from './packing.ts';
import type { Topic } from './topics.ts';

const maxRows = 64;
const maxBytes = 1_000_000;

/** Numbers of our own, checked: COPY takes no parameters. */
const numbers = (values: readonly number[]): string => {
  if (!values.every((value) => Number.isSafeInteger(value) && value >= 0))
    throw new RangeError('offsets are whole numbers from 0 on');
  return values.join(',');
};

const wantedTable = (wanted: readonly Wanted[]): string =>
  `unnest('{${numbers(wanted.map((one) => one.partition))}}'::int[], '{${numbers(wanted.map((one) => one.offset))}}'::bigint[]) w(partition, "offset")`;

/** Whole batches, from the one that holds the wanted offset on, until `max` records or about a megabyte for each partition. */
const batchesSelect = (topic: Topic, wanted: readonly Wanted[], max: number): string => `
  select b.partition, b.base_offset, b.at, f.start, p.next_offset, b.data from ${wantedTable(wanted)}
  join log_partition p on p.topic = ${topic.id} and p.partition = w.partition and p.next_offset > w."offset"
  cross join lateral (select greatest(w."offset", p.first_offset) as start) f
  cross join lateral (select * from (
    select partition, base_offset, at, data, sum(octet_length(data)) over o - octet_length(data) as bytes
    from log_batch where topic = ${topic.id} and partition = w.partition and base_offset + n > f.start and base_offset >= coalesce((
      select base_offset from log_batch where topic = ${topic.id} and partition = w.partition and base_offset <= f.start order by base_offset desc limit 1), 0)
    window o as (order by base_offset) order by base_offset limit ${maxRows}) r
    where base_offset < f.start + ${max} and bytes < ${maxBytes}) b
  order by b.partition, b.base_offset`;

const latestSelect = (topic: Topic, wanted: Wanted, max: number): string => `
  select "offset", at, convert_to(key, 'UTF8'), value from log_latest
  where topic = ${topic.id} and "offset" >= ${numbers([wanted.offset])} order by "offset" limit ${numbers([max])}`;

const readLatest = async (pool: pg.Pool, topic: Topic, [wanted, max]: [Wanted, number]): Promise<Found> => {
  const records: StoredRecord[] = [];
  const bytes = await copyOut(pool, latestSelect(topic, wanted, max));
  eachCopyRow(bytes, ([offset, at, key, value]) =>
    records.push({
      partition: wanted.partition,
      offset: readBigint(bytes, offset!),
      at: readBigint(bytes, at!),
      key: bytes.toString('utf8', key!.start, key!.end),
      value: bytes.subarray(value!.start, value!.end),
    }),
  );
  return { runs: records.length === 0 ? [] : [records], isAtEnd: records.length < max };
};

const readBatches = async (pool: pg.Pool, topic: Topic, [wanted, max]: [readonly Wanted[], number]): Promise<Found> => {
  const runs: StoredRecord[][] = [];
  const behind = new Map<number, boolean>();
  const bytes = await copyOut(pool, batchesSelect(topic, wanted, max));
  eachCopyRow(bytes, ([partition, base, at, from, end, data]) => {
    const where = {
      partition: bytes.readInt32BE(partition!.start),
      baseOffset: readBigint(bytes, base!),
      at: readBigint(bytes, at!),
    };
    const records = unpackBatch(bytes, { ...where, ...data! }, readBigint(bytes, from!));
    if (records.length > 0) runs.push(records);
    behind.set(where.partition, (records.at(-1)?.offset ?? 0) + 1 < readBigint(bytes, end!));
  });
  return { runs, isAtEnd: !behind.values().some((isBehind) => isBehind) };
};

/** About `max` records of each partition, in whole batches. */
export const readRuns = async (
  pool: pg.Pool,
  topic: Topic,
  [wanted, max]: [readonly Wanted[], number],
): Promise<Found> => {
  if (wanted.length === 0) return { runs: [], isAtEnd: true };
  return topic.compacted ? readLatest(pool, topic, [wanted[0]!, max]) : readBatches(pool, topic, [wanted, max]);
};
