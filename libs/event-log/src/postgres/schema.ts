/** The tables of the event log: one row for each appended batch, one for each key of a compacted topic, groups with their positions. */
import { AppError } from '@sendpool/kernel';
import type pg from 'pg';

/** Any number, the same in every process: the advisory lock under which the tables are made. */
const schemaLock = 7_306_515;

/**
 * Rows that are updated all the time have a low fillfactor, so that updates stay on their page and need no index work.
 * Batches are stored uncompressed beside the table (EXTERNAL): measured cheapest to write and to read.
 */
const first = `
create table topic(
  id int generated always as identity primary key, name text not null unique,
  partitions int not null, compacted boolean not null, retention_ms bigint not null);
create table log_partition(
  topic int not null references topic, partition int not null,
  next_offset bigint not null default 0, first_offset bigint not null default 0, primary key(topic, partition)) with (fillfactor=10);
create table log_batch(
  topic int not null, partition int not null, base_offset bigint not null, n int not null, at bigint not null,
  data bytea storage external not null, primary key(topic, partition, base_offset));
create table log_latest(
  topic int not null, key text not null, "offset" bigint not null, at bigint not null, value bytea not null,
  primary key(topic, key)) with (fillfactor=70);
create unique index log_latest_offset on log_latest(topic, "offset");
create table consumer_group(
  id int generated always as identity primary key, topic int not null references topic, name text not null,
  partitions int not null default 0, generation bigint not null default 0, rebalance_deadline bigint,
  unique(topic, name)) with (fillfactor=20);
create table group_member(
  group_id int not null references consumer_group, id text not null, seen_at bigint not null,
  session_ms int not null, drain_ms int not null, is_ready boolean not null, primary key(group_id, id)) with (fillfactor=20);
create table group_offset(
  group_id int not null references consumer_group, partition int not null, owner text, generation bigint not null default 0,
  commit_number bigint not null default 0, committed bigint, metadata text not null default '',
  primary key(group_id, partition)) with (fillfactor=20);
create function now_ms() returns bigint language sql volatile
  as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;
`;

/** What brings the tables from one version to the next; only ever added to. */
const steps: readonly string[] = [first];

const upgrade = async (client: pg.PoolClient): Promise<void> => {
  await client.query(
    'create schema if not exists event_log; create table if not exists event_log.version(applied int not null)',
  );
  const { rows } = await client.query<{ applied: number }>('select applied from event_log.version');
  const applied = rows[0]?.applied ?? 0;
  if (applied > steps.length)
    throw new AppError('BAD_CONFIGURATION', 'the event log was made by a newer version of Sendpool');
  if (applied === steps.length) return;
  for (const step of steps.slice(applied)) await client.query(step);
  await client.query('delete from event_log.version');
  await client.query('insert into event_log.version values ($1)', [steps.length]);
};

/** Makes what is missing; safe from several processes at once. */
export const createSchema = async (client: pg.PoolClient): Promise<void> => {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock($1)', [schemaLock]);
  await upgrade(client);
  await client.query('commit');
};
