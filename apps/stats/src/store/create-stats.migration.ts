/** The tables of stats: numbers by minute, numbers by campaign, lanes, and positions in the event log. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const counters = `accepted bigint not null default 0,
  bounced_hard bigint not null default 0,
  bounced_block bigint not null default 0,
  bounced_soft bigint not null default 0,
  deferred bigint not null default 0,
  unknown bigint not null default 0,
  failovers bigint not null default 0,
  latency_sum bigint not null default 0,
  latency_count bigint not null default 0,
  latency_max bigint not null default 0`;

const up = [
  // Server first: a page of servers is read over a range of minutes. `minute` counts minutes since 1970. No server is ''.
  `create table server_minute(server_id text not null, minute int not null, provider text not null, ${counters},
    primary key(server_id, minute, provider)) with (fillfactor=50)`,
  'create index server_minute_by_minute on server_minute(minute)',
  `create table campaign_server(campaign_id text not null, server_id text not null, provider text not null, ${counters},
    primary key(campaign_id, server_id, provider)) with (fillfactor=50)`,
  'create index campaign_server_by_server on campaign_server(server_id)',
  // What the fold remembers of a lane, as JSON; `open` is written only when it changed.
  'create table lane(lane int primary key, settled text not null, open text not null) with (fillfactor=50)',
  `create table consumed(topic text not null, partition int not null, next_offset bigint not null,
    primary key(topic, partition)) with (fillfactor=50)`,
];

const down = ['consumed', 'lane', 'campaign_server', 'server_minute'].map((table) => `drop table ${table}`);

export class CreateStats1764000000000 implements MigrationInterface {
  readonly name = 'CreateStats1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
