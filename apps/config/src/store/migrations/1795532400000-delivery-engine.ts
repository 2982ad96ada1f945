/** Limits for each span and provider, warm-up, Amazon SES, rotation of pool members and the verdicts behind it. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `alter table sending_server
    add messages_per_minute integer check (messages_per_minute > 0),
    add messages_per_hour integer check (messages_per_hour > 0),
    add messages_per_day integer check (messages_per_day > 0),
    add when_limited text not null default 'OVERFLOW' check (when_limited in ('OVERFLOW', 'WAIT')),
    add provider_limits jsonb not null default '[]',
    add warm_up jsonb,
    add ses_region text,
    add ses_configuration_set text,
    add ses_account jsonb,
    add ses_claimed_at timestamptz,
    drop constraint sending_server_kind_check,
    add constraint sending_server_kind_check check (kind in ('SMTP', 'SES')),
    add constraint sending_server_ses_check check ((kind = 'SES') = (ses_region is not null)),
    drop constraint sending_server_check1,
    add constraint sending_server_password_check check (kind = 'SES' or password is null or tls in ('REQUIRED', 'IMPLICIT'))`,
  `alter table pool
    add isp text not null default 'SPREAD' check (isp in ('SPREAD', 'AFFINITY')),
    add rotate_out_rule text not null default 'SIGNIFICANT' check (rotate_out_rule in ('SIGNIFICANT', 'LITERAL', 'OFF')),
    add max_bounce_rate double precision not null default 0.03 check (max_bounce_rate > 0 and max_bounce_rate <= 1),
    add min_sends integer not null default 1000 check (min_sends > 0)`,
  `update pool set members = (
    select jsonb_agg(member || '{"rotation": {"state": "IN", "since": 0, "until": null, "times": 0, "reason": null, "evidence": null}}'
      order by place)
    from jsonb_array_elements(members) with ordinality as each(member, place))`,
  `create table rotation_verdict (
    number bigint generated always as identity primary key,
    id text not null unique,
    pool_id text not null,
    server_id text,
    kind text not null,
    campaign_ids text[] not null,
    at timestamptz not null,
    evidence jsonb not null,
    words text not null,
    applied boolean not null,
    why_not text,
    check (applied = (why_not is null))
  )`,
  `create index rotation_verdict_pool on rotation_verdict (pool_id, number)`,
];

/** Fails while there is a server of kind SES: the tables before could not hold it. */
const down = [
  `drop table rotation_verdict`,
  `update pool set members = (
    select jsonb_agg(member - 'rotation' order by place)
    from jsonb_array_elements(members) with ordinality as each(member, place))`,
  `alter table pool drop isp, drop rotate_out_rule, drop max_bounce_rate, drop min_sends`,
  `alter table sending_server
    drop constraint sending_server_password_check,
    add constraint sending_server_check1 check (password is null or tls in ('REQUIRED', 'IMPLICIT')),
    drop constraint sending_server_ses_check,
    drop constraint sending_server_kind_check,
    add constraint sending_server_kind_check check (kind = 'SMTP'),
    drop messages_per_minute, drop messages_per_hour, drop messages_per_day, drop when_limited, drop provider_limits,
    drop warm_up, drop ses_region, drop ses_configuration_set, drop ses_account, drop ses_claimed_at`,
];

export class DeliveryEngine1795532400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
