/** A campaign remembers the traced request that started it, so that its traced messages belong to the same trace. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CampaignTrace1764000300000 implements MigrationInterface {
  readonly name = 'CampaignTrace1764000300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table campaign add trace text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table campaign drop trace');
  }
}
