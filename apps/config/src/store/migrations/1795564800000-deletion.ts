/** Servers and pools that can be deleted: their rows stay, for what was done with them, and their names are free again. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = ['sending_server', 'pool'] as const;

export class Deletion1795564800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) {
      await runner.query(`alter table ${table} add deleted_at timestamptz`);
      await runner.query(`drop index ${table}_name`);
      await runner.query(`create unique index ${table}_name on ${table} (lower(name)) where deleted_at is null`);
    }
  }

  /** What was deleted must not come back to life. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables) {
      await runner.query(`delete from ${table} where deleted_at is not null`);
      await runner.query(`drop index ${table}_name`);
      await runner.query(`alter table ${table} drop deleted_at`);
      await runner.query(`create unique index ${table}_name on ${table} (lower(name))`);
    }
  }
}
