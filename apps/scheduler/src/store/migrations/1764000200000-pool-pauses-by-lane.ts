/** A pool may be out of reach for the sender of one lane only, so each lane has its own pauses. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PoolPausesByLane1764000200000 implements MigrationInterface {
  readonly name = 'PoolPausesByLane1764000200000';

  // A pause is over within seconds: those that stand are dropped.
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('delete from pool_pause');
    await runner.query(
      'alter table pool_pause add lane smallint not null, drop constraint pool_pause_pkey, add primary key (lane, pool_id)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('delete from pool_pause');
    await runner.query('alter table pool_pause drop constraint pool_pause_pkey, drop lane, add primary key (pool_id)');
  }
}
