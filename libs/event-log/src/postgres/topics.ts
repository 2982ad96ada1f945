/** The topics that exist, their partitions and bounds. */
import { AppError } from '@sendpool/kernel';
import type pg from 'pg';
import type { Bounds, TopicSpec } from '../port.ts';
import { inTransaction } from './connection.ts';

export type Topic = { id: number; name: string; partitions: number; compacted: boolean; retentionMs: number };

export type Topics = {
  ensure(specs: readonly TopicSpec[]): Promise<void>;
  /** Throws AppError NOT_FOUND. `atLeast`: looks again when fewer partitions are known. */
  find(name: string, atLeast?: number): Promise<Topic>;
  bounds(name: string): Promise<Bounds[]>;
  trim(name: string, partition: number, offset: number): Promise<void>;
};

/** A topic may grow; it never shrinks, and its kind never changes. */
const upsertTopic = `insert into topic(name, partitions, compacted, retention_ms) values ($1, $2, $3, $4)
  on conflict (name) do update set partitions = greatest(topic.partitions, excluded.partitions), retention_ms = excluded.retention_ms
  returning id, partitions, compacted`;
const addPartitions = `insert into log_partition(topic, partition) select $1::int, p from generate_series(0, $2::int - 1) p on conflict do nothing`;
const select = `select id, name, partitions, compacted, retention_ms as "retentionMs" from topic`;

const ensureOne = async (client: pg.PoolClient, spec: TopicSpec): Promise<void> => {
  const compacted = spec.cleanup === 'COMPACTED';
  if (compacted && spec.partitions !== 1)
    throw new AppError('BAD_INPUT', `${spec.name}: a compacted topic has one partition`);
  const values = [spec.name, spec.partitions, compacted, spec.retentionMs];
  const { rows } = await client.query<{ id: number; partitions: number; compacted: boolean }>(upsertTopic, values);
  const [topic] = rows;
  if (topic!.compacted !== compacted) throw new AppError('CONFLICT', `${spec.name} exists with another cleanup`);
  await client.query(addPartitions, [topic!.id, topic!.partitions]);
};

const trimSql = `update log_partition set first_offset = greatest(first_offset, least($3, next_offset)) where topic = $1 and partition = $2 returning first_offset`;
const dropSql = `delete from log_batch where topic = $1 and partition = $2 and base_offset + n <= $3`;

const trimPartition = async (
  client: pg.PoolClient,
  place: [topic: number, partition: number],
  offset: number,
): Promise<void> => {
  const { rows } = await client.query<{ first_offset: number }>(trimSql, [...place, offset]);
  await client.query(dropSql, [...place, rows[0]?.first_offset ?? 0]);
};

export const createTopics = (pool: pg.Pool): Topics => {
  let known = new Map<string, Topic>();
  const look = async (): Promise<void> => {
    const { rows } = await pool.query<Topic>(select);
    known = new Map(rows.map((topic) => [topic.name, topic]));
  };
  const find = async (name: string, atLeast = 0): Promise<Topic> => {
    const before = known.get(name);
    if (before !== undefined && before.partitions >= atLeast) return before;
    await look();
    const topic = known.get(name);
    if (topic === undefined) throw new AppError('NOT_FOUND', `there is no topic ${name}`);
    if (topic.partitions >= atLeast) return topic;
    throw new AppError('BAD_INPUT', `${name} has ${topic.partitions} partitions, not ${atLeast}`);
  };
  return {
    find,
    ensure: async (specs) => {
      // The same order in every process, or two of them would wait for each other.
      const sorted = [...specs].sort((one, other) => (one.name < other.name ? -1 : 1));
      await inTransaction(pool, async (client) => {
        for (const spec of sorted) await ensureOne(client, spec);
      });
    },
    bounds: async (name) => {
      const { id } = await find(name);
      const text = `select partition, first_offset as first, next_offset as next from log_partition where topic = $1 order by partition`;
      const { rows } = await pool.query<Bounds>({
        name: 'bounds',
        text,
        values: [id],
      });
      return rows;
    },
    trim: async (name, partition, offset) => {
      const { id } = await find(name, partition + 1);
      await inTransaction(pool, (client) => trimPartition(client, [id, partition], offset));
    },
  };
};
