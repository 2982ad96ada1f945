/** The outboxes of the three tables: which rows their topics have not acknowledged yet. */
import { apiKeysTopic, sendingConfigKey, sendingConfigTopic } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import { toKeyRecord } from '../domain/api-key.ts';
import type { Outbox, OutboxEntry } from '../domain/outbox.ts';
import { toPoolRecord } from '../domain/pool.ts';
import { toServerRecord } from '../domain/sending-server.ts';
import type { KeyStore, PoolStore, ServerStore, Versioned } from '../domain/stores.ts';

type Source<T extends Versioned> = {
  table: 'sending_server' | 'pool' | 'api_key';
  topic: string;
  keyOf(id: string): string;
  find(ids: readonly string[]): Promise<T[]>;
  encode(row: T): string;
};

const statementsOf = (table: string) => ({
  pending: `select id from ${table} where published_revision < revision order by id limit $1`,
  acknowledged: `update ${table} as row set published_revision = greatest(published_revision, done.revision)
    from unnest($1::uuid[], $2::integer[]) as done(id, revision) where row.id = done.id`,
  acknowledgedRevisions: `select id, published_revision as revision from ${table}`,
  repeat: `update ${table} set published_revision = revision - 1
    where id = any($1::uuid[]) and published_revision >= revision returning id`,
  lift: `update ${table} as row set revision = seen.revision + 1, published_revision = seen.revision
    from unnest($1::uuid[], $2::integer[]) as seen(id, revision)
    where row.id = seen.id and row.revision < seen.revision returning row.id`,
});

const columns = (rows: readonly Versioned[]) => [rows.map(({ id }) => id), rows.map(({ revision }) => revision)];

const createOutbox = <T extends Versioned>(sql: Sql, source: Source<T>): Outbox => {
  const statements = statementsOf(source.table);
  const entryOf = (row: T): OutboxEntry => {
    const { id, revision } = row;
    return { id, key: source.keyOf(id), revision, value: source.encode(row) };
  };
  const run = async (statement: string, values: unknown[]): Promise<number> =>
    (await sql.query(statement, values)).length;
  return {
    topic: source.topic,
    pending: async (count) => {
      const ids = await sql.query<{ id: string }>(statements.pending, [count]);
      return (await source.find(ids.map(({ id }) => id))).map(entryOf);
    },
    acknowledged: async (entries) => {
      await sql.query(statements.acknowledged, columns(entries));
    },
    acknowledgedRevisions: async () =>
      (await sql.query<Versioned>(statements.acknowledgedRevisions)).map(({ id, revision }) => ({
        id,
        revision,
        key: source.keyOf(id),
      })),
    repeat: (ids) => run(statements.repeat, [ids]),
    lift: (rows) => run(statements.lift, columns(rows)),
  };
};

/** In the order in which they are to be published: servers before the pools that name them. */
export const createOutboxes = (
  sql: Sql,
  stores: { servers: ServerStore; pools: PoolStore; keys: KeyStore },
): readonly Outbox[] => [
  createOutbox(sql, {
    table: 'sending_server',
    topic: sendingConfigTopic.name,
    keyOf: (id) => sendingConfigKey({ type: 'SERVER', id }),
    find: (ids) => stores.servers.find(ids),
    encode: (server) => sendingConfigTopic.encode(toServerRecord(server)),
  }),
  createOutbox(sql, {
    table: 'pool',
    topic: sendingConfigTopic.name,
    keyOf: (id) => sendingConfigKey({ type: 'POOL', id }),
    find: (ids) => stores.pools.find(ids),
    encode: (pool) => sendingConfigTopic.encode(toPoolRecord(pool)),
  }),
  createOutbox(sql, {
    table: 'api_key',
    topic: apiKeysTopic.name,
    keyOf: (id) => id,
    find: (ids) => stores.keys.find(ids),
    encode: (key) => apiKeysTopic.encode(toKeyRecord(key)),
  }),
];
