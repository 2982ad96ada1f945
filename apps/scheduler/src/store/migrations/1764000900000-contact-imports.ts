/** Uploads of contacts: how far each has come, and which rows could not be taken. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ContactImports1764000900000 implements MigrationInterface {
  readonly name = 'ContactImports1764000900000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table contact_import (
        number int generated always as identity primary key,
        id uuid not null unique,
        audience int not null references audience (number),
        actor text not null,
        idempotency_key text,
        state text not null,
        attempt int not null default 1,
        rows int not null default 0,
        digest text not null default '',
        imported int not null default 0,
        updated int not null default 0,
        unchanged int not null default 0,
        duplicates int not null default 0,
        rejected int not null default 0,
        failure text,
        at timestamptz not null,
        touched_at timestamptz not null,
        finished_at timestamptz,
        unique (audience, actor, idempotency_key)
      ) with (fillfactor = 50)`);
    await runner.query(`comment on column contact_import.rows is 'rows that are settled, below a header line'`);
    await runner.query(`comment on column contact_import.digest is 'of the file up to the last settled row'`);
    await runner.query('create index contact_import_list on contact_import (audience, id)');
    await runner.query(`create index contact_import_running on contact_import (touched_at) where state = 'RUNNING'`);
    await runner.query('create index contact_import_at on contact_import (at)');
    await runner.query(`
      create table contact_import_error (
        import int not null,
        row int not null,
        column_name text,
        message text not null,
        primary key (import, row)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table contact_import_error, contact_import');
  }
}
