/** Indexes that lists are walked by: campaigns and audiences by name, and the messages of a webhook in one state. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As `listIds` sorts: by Unicode's rules, upper and lower case being one. */
const byName = `(lower(name collate "und-x-icu"), id)`;

export class ListIndexes1764001200000 implements MigrationInterface {
  readonly name = 'ListIndexes1764001200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index campaign_by_name on campaign ${byName}`);
    await runner.query(`create index audience_by_name on audience ${byName}`);
    await runner.query('create index webhook_delivery_by_state on webhook_delivery (webhook, state, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index campaign_by_name, audience_by_name, webhook_delivery_by_state');
  }
}
