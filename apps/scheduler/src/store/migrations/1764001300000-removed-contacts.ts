/** Contacts that are taken out of their audience, and stay for the campaigns that send to them. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RemovedContacts1764001300000 implements MigrationInterface {
  readonly name = 'RemovedContacts1764001300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table contact alter audience drop not null');
    await runner.query('alter table contact add removed_from int, add removed_at timestamptz');
    await runner.query(`comment on column contact.audience is 'null: taken out of removed_from, kept for recipients'`);
    await runner.query('create index contact_removed on contact (removed_at) where audience is null');
  }

  /** Removed ones come back, since recipients need them; of several with one address the one that is in the audience takes their place. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index contact_removed');
    await runner.query(`
      create temp table contact_twin on commit drop as
      select contact.id, twin.id as kept from contact
      cross join lateral (
        select other.id from contact other
        where coalesce(other.audience, other.removed_from) = contact.removed_from and lower(other.email) = lower(contact.email)
        order by other.audience is null, other.id limit 1
      ) twin
      where contact.audience is null and twin.id <> contact.id`);
    await runner.query(
      'update recipient set contact_id = contact_twin.kept from contact_twin where contact_twin.id = recipient.contact_id',
    );
    await runner.query('delete from contact using contact_twin where contact_twin.id = contact.id');
    await runner.query('update contact set audience = removed_from where audience is null');
    await runner.query(
      'update audience set contacts = (select count(*) from contact where contact.audience = audience.number)',
    );
    await runner.query('alter table contact drop removed_from, drop removed_at, alter audience set not null');
  }
}
