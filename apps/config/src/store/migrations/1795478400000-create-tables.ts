/** Sending servers, pools and API keys; each row knows its revision and the one that its topic has acknowledged. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `create table sending_server (
    id uuid primary key,
    revision integer not null check (revision > 0),
    published_revision integer not null default 0,
    name text not null,
    kind text not null check (kind = 'SMTP'),
    state text not null check (state in ('ACTIVE', 'INACTIVE')),
    host text not null,
    port integer not null check (port between 1 and 65535),
    tls text not null check (tls in ('REQUIRED', 'IMPLICIT', 'OPPORTUNISTIC', 'NONE')),
    username text,
    password jsonb,
    ca_certificate text,
    from_domains text[] not null check (cardinality(from_domains) > 0),
    max_connections integer not null check (max_connections > 0),
    messages_per_connection integer check (messages_per_connection > 0),
    messages_per_second double precision check (messages_per_second > 0),
    verification_status text not null check (verification_status in ('NEVER', 'PASSED', 'FAILED')),
    verified_at timestamptz,
    failed_stage text,
    verification_message text,
    verification_claimed_at timestamptz,
    check ((username is null) = (password is null)),
    check (password is null or tls in ('REQUIRED', 'IMPLICIT'))
  )`,
  `create unique index sending_server_name on sending_server (lower(name))`,
  `create index sending_server_pending on sending_server (id) where published_revision < revision`,
  `create table pool (
    id uuid primary key,
    revision integer not null check (revision > 0),
    published_revision integer not null default 0,
    name text not null,
    when_busy text not null check (when_busy in ('KEEP_WEIGHTS', 'OVERFLOW')),
    members jsonb not null check (jsonb_array_length(members) > 0)
  )`,
  `create unique index pool_name on pool (lower(name))`,
  `create index pool_pending on pool (id) where published_revision < revision`,
  `create table api_key (
    id uuid primary key,
    revision integer not null check (revision > 0),
    published_revision integer not null default 0,
    name text not null,
    role text not null check (role in ('READER', 'OPERATOR', 'ADMIN')),
    prefix text not null,
    hash text not null unique,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
  )`,
  `create index api_key_pending on api_key (id) where published_revision < revision`,
];

export class CreateTables1795478400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table api_key, pool, sending_server');
  }
}
