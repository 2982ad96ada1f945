/** Test messages: campaigns that belong to the campaign they test, with audiences that are in no list. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TestMessages1764001100000 implements MigrationInterface {
  readonly name = 'TestMessages1764001100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table audience add of_test boolean not null default false');
    await runner.query('alter table campaign add test_of int references campaign (number)');
    await runner.query('create index campaign_tests on campaign (test_of, id) where test_of is not null');
  }

  /** What was a test would be a campaign as any other: nothing of it is lost, and one that runs goes on. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table campaign drop test_of');
    await runner.query('alter table audience drop of_test');
  }
}
