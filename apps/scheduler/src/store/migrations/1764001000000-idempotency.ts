/** Idempotency keys of mutations, for a day. */
import { onceTable } from '@sendpool/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Idempotency1764001000000 implements MigrationInterface {
  readonly name = 'Idempotency1764001000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of onceTable.up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(onceTable.down);
  }
}
