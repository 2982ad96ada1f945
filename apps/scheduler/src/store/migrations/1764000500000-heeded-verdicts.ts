/** Verdicts about bad lists that were heeded: none pauses a campaign twice. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class HeededVerdicts1764000500000 implements MigrationInterface {
  readonly name = 'HeededVerdicts1764000500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table heeded_verdict (id text primary key, at timestamptz not null default now())');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table heeded_verdict');
  }
}
