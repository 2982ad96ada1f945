/** Audiences, contacts and campaigns. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AudiencesAndCampaigns1764000000000 implements MigrationInterface {
  readonly name = 'AudiencesAndCampaigns1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audience (
        id uuid primary key,
        number int generated always as identity unique,
        name text not null constraint audience_name unique,
        contacts int not null default 0,
        created_at timestamptz not null
      )`);
    // Fields are text, not jsonb: they are only passed on, and text is cheaper to read.
    await runner.query(`
      create table contact (
        id bigint generated always as identity primary key,
        audience int not null references audience (number),
        email text not null,
        fields text not null check (fields is json object),
        suppressed_at timestamptz
      )`);
    await runner.query('create unique index contact_email on contact (audience, lower(email))');
    await runner.query('create index contact_walk on contact (audience, id)');
    await runner.query(`
      create table campaign (
        number int generated always as identity primary key,
        id uuid not null unique,
        name text not null,
        status text not null,
        revision int not null,
        acknowledged int not null default 0,
        audience int not null references audience (number),
        pool_id text not null,
        unknown_policy text not null,
        from_name text not null,
        from_address text not null,
        reply_to text,
        subject text not null,
        html text,
        body_text text,
        prepared boolean not null default false,
        prepared_contact bigint not null default 0,
        prepared_seq int not null default 0,
        last_contact bigint,
        swept_seq int not null default 0,
        created_at timestamptz not null,
        scheduled_at timestamptz,
        started_at timestamptz,
        finished_at timestamptz
      )`);
    await runner.query(`comment on column campaign.acknowledged is 'newest revision that lies in sendpool.campaigns'`);
    await runner.query(`comment on column campaign.swept_seq is 'CANCELLED: recipients below it have been looked at'`);
    await runner.query(`create index campaign_active on campaign (status) where status not in ('DRAFT', 'FINISHED')`);
    await runner.query(`
      create index campaign_unacknowledged on campaign (number) where acknowledged < revision and started_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table campaign, contact, audience');
  }
}
