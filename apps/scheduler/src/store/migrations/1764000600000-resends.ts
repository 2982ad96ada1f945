/** Who had which recipients sent to once more, and when. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Resends1764000600000 implements MigrationInterface {
  readonly name = 'Resends1764000600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table resend (
        id uuid primary key,
        campaign int not null references campaign (number),
        idempotency_key text not null,
        digest text not null,
        actor text not null,
        at timestamptz not null,
        states text[] not null,
        named int,
        count int not null,
        unique (campaign, idempotency_key)
      )`);
    await runner.query(
      `comment on column resend.digest is 'of states and numbers: the same key must ask for the same'`,
    );
    await runner.query(`comment on column resend.named is 'recipients named by number; null: all in these states'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table resend');
  }
}
