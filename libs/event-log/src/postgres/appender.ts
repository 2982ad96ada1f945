/** Appends what is published to a topic: one transaction, one row a partition. */
import { backoffDelay, sleep } from '@sendpool/kernel';
import type pg from 'pg';
import { checkRecords, createAppendQueue, partitionsFor, type Appender, type Waiting } from '../append-queue.ts';
import type { NewRecord } from '../port.ts';
import { faultOf, isPassing, withClient } from './connection.ts';
import { packBatches } from './packing.ts';
import type { Topic } from './topics.ts';

/** Characters; rows stay small enough to be read a few at a time. */
const maxRowSize = 250_000;
const retry = { firstMs: 50, factor: 2, maxMs: 1000, jitter: 0.5 };

/** Locks the partitions in their order: commits happen in the order of offsets, and two writers never wait for each other in a ring. */
const lockPartitions = `l as materialized (select p.partition, p.next_offset from log_partition p
  where p.topic = $1 and p.partition = any($2::int[]) order by p.partition for no key update)`;

const appendBatches = `with u as materialized (select * from unnest($2::int[], $3::int[], $4::bytea[]) with ordinality u(partition, n, data, place)),
  ${lockPartitions},
  b as materialized (select u.partition, u.n, u.data, l.next_offset + sum(u.n) over (partition by u.partition order by u.place) - u.n as base from u join l using (partition)),
  s as (select partition, sum(n) as n from u group by partition),
  p as (update log_partition p set next_offset = l.next_offset + s.n from l join s using (partition) where p.topic = $1 and p.partition = l.partition)
  insert into log_batch(topic, partition, base_offset, n, at, data) select $1, partition, base, n, now_ms(), data from b`;

/** Of several records with the same key only the last one is kept; it has its own offset. */
const appendLatest = `with u as materialized (select * from unnest($2::int[], $3::text[], $4::text[]) with ordinality u(partition, key, value, place)),
  ${lockPartitions},
  p as (update log_partition p set next_offset = l.next_offset + (select count(*) from u) from l where p.topic = $1 and p.partition = l.partition)
  insert into log_latest as t (topic, key, "offset", at, value)
  select distinct on (u.key) $1, u.key, l.next_offset + u.place - 1, now_ms(), convert_to(u.value, 'UTF8') from u cross join l order by u.key, u.place desc
  on conflict (topic, key) do update set "offset" = excluded."offset", at = excluded.at, value = excluded.value`;

type Row = { partition: number; size: number; records: NewRecord[] };

/** Rows of one partition each, in order; a partition whose records are many gets several. */
export const rowsOf = (records: readonly NewRecord[]): Row[] => {
  const open = new Map<number, Row>();
  const rows: Row[] = [];
  for (const record of records) {
    let row = open.get(record.partition);
    if (row === undefined || row.size >= maxRowSize) {
      row = { partition: record.partition, size: 0, records: [] };
      open.set(record.partition, row);
      rows.push(row);
    }
    row.size += record.value.length;
    row.records.push(record);
  }
  return rows;
};

const batchStatement = (topic: Topic, records: readonly NewRecord[]): pg.QueryConfig => {
  const rows = rowsOf(records);
  const counts = rows.map((row) => row.records.length);
  const data = packBatches(rows.map((row) => row.records));
  return { name: 'append', text: appendBatches, values: [topic.id, rows.map((row) => row.partition), counts, data] };
};

const latestStatement = (topic: Topic, records: readonly NewRecord[]): pg.QueryConfig => {
  const columns = [records.map((one) => one.partition), records.map((one) => one.key), records.map((one) => one.value)];
  return { name: 'append latest', text: appendLatest, values: [topic.id, ...columns] };
};

export type AppenderDeps = {
  pool: pg.Pool;
  /** The topic, once it has so many partitions. Throws AppError NOT_FOUND or BAD_INPUT. */
  findTopic(partitions: number): Promise<Topic>;
  onAppended(topic: Topic): void;
};

/** Repeats `work` while its fault passes. */
const persist = async <T>(work: () => Promise<T>, stop: AbortSignal): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (stop.aborted || !isPassing(error)) throw faultOf(error);
    }
    await sleep(backoffDelay(retry, attempt), stop);
  }
};

/** The topic of records that can be appended to it. */
const topicFor = async ({ findTopic }: AppenderDeps, records: readonly NewRecord[]): Promise<Topic> => {
  const topic = await findTopic(partitionsFor(records));
  checkRecords(topic, records);
  return topic;
};

/** After a lost answer the records may lie in the log twice, but never in another order. */
const appendGroup = async (deps: AppenderDeps, group: Waiting[], stop: AbortSignal): Promise<void> => {
  let topic: Topic | undefined;
  const sound: Waiting[] = [];
  for (const waiting of group) {
    try {
      topic = await persist(() => topicFor(deps, waiting.records), stop);
      sound.push(waiting);
    } catch (error) {
      waiting.reject(error);
    }
  }
  if (topic === undefined || sound.length === 0) return;
  const records = sound.length === 1 ? sound[0]!.records : sound.flatMap((waiting) => waiting.records);
  const statement = topic.compacted ? latestStatement(topic, records) : batchStatement(topic, records);
  try {
    await persist(() => withClient(deps.pool, (client) => client.query(statement)), stop);
    for (const { resolve } of sound) resolve();
    deps.onAppended(topic);
  } catch (error) {
    for (const { reject } of sound) reject(error);
  }
};

/** Appends to one topic. */
export const createAppender = (deps: AppenderDeps): Appender =>
  createAppendQueue((group, stop) => appendGroup(deps, group, stop));
