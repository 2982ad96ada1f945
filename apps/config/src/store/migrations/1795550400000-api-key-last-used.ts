/** When an API key was used last. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApiKeyLastUsed1795550400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_key add last_used_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_key drop last_used_at');
  }
}
