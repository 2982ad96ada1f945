/** Tables behind rotate-out and usage: sends of each pool by time, attempts of each server by day, verdicts, and whose round it is. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const attempted = 'accepted + bounced_hard + bounced_block + bounced_soft + deferred + unknown';

const up = [
  // `at` counts seconds since 1970 and begins a bucket; older buckets are wider (pool-sends.store.ts).
  `create table pool_send(pool_id text not null, server_id text not null, at bigint not null,
    accepted bigint not null, bounced_hard bigint not null, bounced_block bigint not null,
    primary key(pool_id, server_id, at)) with (fillfactor=50)`,
  'create index pool_send_by_time on pool_send(at)',
  `create table pool_campaign(pool_id text not null, campaign_id text not null, at bigint not null,
    sends bigint not null, bounced bigint not null, primary key(pool_id, campaign_id, at)) with (fillfactor=50)`,
  'create index pool_campaign_by_time on pool_campaign(at)',
  // `day` counts days since 1970.
  `create table server_day(day int not null, server_id text not null, provider text not null,
    attempted bigint not null, primary key(day, server_id, provider)) with (fillfactor=50)`,
  `insert into server_day(day, server_id, provider, attempted)
    select minute / 1440, server_id, provider, sum(${attempted}) from server_minute
    where server_id <> '' and minute >= floor(extract(epoch from now()) / 86400)::int * 1440 group by 1, 2, 3`,
  // What was told last of each server, and when: milliseconds since 1970.
  'create table usage_told(server_id text primary key, day int not null, attempted bigint not null, at bigint not null)',
  // Verdicts as JSON, for good.
  `create table verdict(id text primary key, pool_id text not null, server_id text, kind text not null, at bigint not null,
    verdict text not null, published boolean not null default false)`,
  'create index verdict_by_pool on verdict(pool_id, at desc)',
  'create index verdict_unpublished on verdict(at) where not published',
  `create table round(name text primary key, at timestamptz not null default 'epoch')`,
  `insert into round(name) values ('judge'), ('usage')`,
  'alter table lane add column counted_at bigint',
];

const tables = ['round', 'verdict', 'usage_told', 'server_day', 'pool_campaign', 'pool_send'];

const down = ['alter table lane drop column counted_at', ...tables.map((table) => `drop table ${table}`)];

export class AddRotation1764000100000 implements MigrationInterface {
  readonly name = 'AddRotation1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
