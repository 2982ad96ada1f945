/** Webhooks, where in the log each begins, their messages, and how far the log has been turned into messages. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Webhooks1764000800000 implements MigrationInterface {
  readonly name = 'Webhooks1764000800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook (
        id uuid primary key,
        name text not null constraint webhook_name unique,
        url text not null,
        events text[] not null,
        campaign uuid,
        enabled boolean not null,
        disabled_reason text,
        failing_since timestamptz,
        last_error text,
        held_until timestamptz,
        secret jsonb not null,
        previous_secret jsonb,
        previous_until timestamptz,
        revision int not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table webhook_start (
        webhook uuid not null references webhook (id) on delete cascade,
        topic text not null,
        partition smallint not null,
        first_offset bigint not null,
        primary key (webhook, topic, partition)
      )`);
    await runner.query(`comment on column webhook_start.first_offset is 'what lies before it is not for this webhook'`);
    await runner.query(`
      create table webhook_position (
        topic text not null,
        partition smallint not null,
        next_offset bigint not null,
        primary key (topic, partition)
      ) with (fillfactor = 10)`);
    // No reference to the webhook: what is left of a deleted one is taken away in steps.
    await runner.query(`
      create table webhook_delivery (
        id uuid primary key,
        webhook uuid not null,
        body text not null,
        event_count smallint not null,
        at timestamptz not null,
        state text not null default 'PENDING',
        attempts smallint not null default 0,
        next_at timestamptz,
        last_status smallint,
        last_answer text
      )`);
    await runner.query('create table webhook_removed (webhook uuid primary key)');
    await runner.query(`comment on table webhook_removed is 'deleted webhooks whose messages are still here'`);
    await runner.query(
      `comment on column webhook_delivery.next_at is 'PENDING: next try, or when the claim of this one lapses'`,
    );
    await runner.query(
      `create index webhook_delivery_due on webhook_delivery (webhook, next_at) where state = 'PENDING'`,
    );
    await runner.query('create index webhook_delivery_log on webhook_delivery (webhook, id)');
    await runner.query('create index webhook_delivery_at on webhook_delivery (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table webhook_removed, webhook_delivery, webhook_position, webhook_start, webhook');
  }
}
