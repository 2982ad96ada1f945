/** Drops whole batches that are older than their topic keeps; one process at a time does it. */
import type pg from 'pg';
import { inTransaction } from './connection.ts';

const retentionLock = 7_306_516;

/** The first batch that is young enough begins what is kept; without one, everything goes. */
const firstKept = `select p.topic, p.partition, coalesce((
    select b.base_offset from log_batch b where b.topic = p.topic and b.partition = p.partition and b.at >= now_ms() - t.retention_ms
    order by b.base_offset limit 1), p.next_offset) as first
  from log_partition p join topic t on t.id = p.topic where t.retention_ms > 0 and not t.compacted order by p.topic, p.partition`;
const raise = `update log_partition set first_offset = $3 where topic = $1 and partition = $2 and first_offset < $3`;
const drop = `delete from log_batch where topic = $1 and partition = $2 and base_offset + n <= $3`;

export const applyRetention = (pool: pg.Pool): Promise<void> =>
  inTransaction(pool, async (client) => {
    const { rows: locks } = await client.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      retentionLock,
    ]);
    if (locks[0]?.mine !== true) return;
    const { rows } = await client.query<{ topic: number; partition: number; first: number }>(firstKept);
    for (const { topic, partition, first } of rows) {
      const { rowCount } = await client.query(raise, [topic, partition, first]);
      if (rowCount === 1) await client.query(drop, [topic, partition, first]);
    }
  });
