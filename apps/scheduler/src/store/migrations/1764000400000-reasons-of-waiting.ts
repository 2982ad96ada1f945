/** Why a pool or a campaign is held back, so that people can be told. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReasonsOfWaiting1764000400000 implements MigrationInterface {
  readonly name = 'ReasonsOfWaiting1764000400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table pool_pause add reason text not null default 'NO_SERVER'`);
    await runner.query('alter table pool_pause alter reason drop default');
    await runner.query('alter table campaign_lane add held_by text, add held_at bigint');
    await runner.query(
      `comment on column campaign_lane.held_by is 'reason for which messages were given back at held_at'`,
    );
    await runner.query('alter table campaign add paused_reason text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table campaign drop paused_reason');
    await runner.query('alter table campaign_lane drop held_by, drop held_at');
    await runner.query('alter table pool_pause drop reason');
  }
}
