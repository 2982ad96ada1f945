/** Recipients, their counters, and the lanes they are sent through. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One counter for each recipient state, in the order of the contract. */
const counters = [
  'pending',
  'in_flight',
  'accepted',
  'deferred',
  'bounced',
  'expired',
  'suppressed',
  'unknown',
  'cancelled',
];

export class RecipientsAndLanes1764000100000 implements MigrationInterface {
  readonly name = 'RecipientsAndLanes1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    // No index on the state, and room in each page: an outcome then is an update within the page (HOT), at half the cost.
    await runner.query(`
      create table recipient (
        contact_id bigint not null,
        sequence bigint not null default -1,
        campaign int not null,
        seq int not null,
        state smallint not null,
        lane smallint not null,
        tries smallint not null default 0,
        primary key (campaign, seq)
      ) with (fillfactor = 70)`);
    await runner.query(`
      create table recipient_block (
        campaign int not null,
        lane smallint not null,
        block int not null,
        primary key (campaign, lane, block)
      )`);
    await runner.query(`
      create table campaign_lane (
        campaign int not null,
        lane smallint not null,
        next_seq int not null default 0,
        fresh int not null default 0,
        send_window int not null default 1024,
        ${counters.map((name) => `${name} int not null default 0`).join(', ')},
        deferred_then_accepted int not null default 0,
        last_unknown_at bigint,
        primary key (campaign, lane)
      ) with (fillfactor = 20)`);
    await runner.query(`
      comment on column campaign_lane.next_seq is 'recipients of the lane below it have been published at least once'`);
    await runner.query(`comment on column campaign_lane.fresh is 'PENDING recipients of the lane from next_seq on'`);
    await runner.query(`
      create table recipient_fact (
        campaign int not null,
        seq int not null,
        lane smallint not null,
        due_at bigint,
        deferred_at bigint,
        unknowns smallint not null,
        gaps smallint not null,
        copy_accepted boolean not null,
        server_hint text,
        reply text,
        primary key (campaign, seq)
      ) with (fillfactor = 80)`);
    await runner.query(
      'create index recipient_fact_due on recipient_fact (lane, campaign, due_at) where due_at is not null',
    );
    await runner.query(`
      create table lane (
        lane smallint primary key,
        owner text,
        epoch int not null default 0,
        lease_until timestamptz not null default '-infinity',
        last_sequence bigint not null default -1,
        intent text
      ) with (fillfactor = 10)`);
    // The intent is replaced with each slice and read only after a crash: compressing it would be work for nothing.
    await runner.query('alter table lane alter intent set storage external');
    await runner.query(`
      create table pool_pause (
        pool_id text primary key,
        strikes int not null,
        until bigint not null
      )`);
    await runner.query(`
      create table consumed (
        topic text not null,
        partition smallint not null,
        next_offset bigint not null,
        primary key (topic, partition)
      ) with (fillfactor = 10)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table recipient, recipient_block, campaign_lane, recipient_fact, lane, pool_pause, consumed',
    );
  }
}
