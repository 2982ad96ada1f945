/** Idempotency keys of mutations, for a day. */
import { onceTable } from '@sendpool/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Idempotency1795557600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of onceTable.up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(onceTable.down);
  }
}
