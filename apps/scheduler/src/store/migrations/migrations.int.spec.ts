import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAudienceStore } from '../audience.store.ts';
import { createContactStore } from '../contact.store.ts';
import { addContacts, makeSending, schedulerDatabase } from '../testing.ts';
import { RemovedContacts1764001300000 } from './1764001300000-removed-contacts.ts';
import { migrations } from './index.ts';

test('every migration can be taken back and made again, and leaves nothing behind', async () => {
  await using database = await schedulerDatabase();
  const tables = async (): Promise<string[]> => {
    const text = `
      select table_name as name from information_schema.tables where table_schema = 'scheduler'
      union all select indexname from pg_indexes where schemaname = 'scheduler' and tablename <> 'migration' order by 1`;
    return (await database.sql.query<{ name: string }>(text)).map(({ name }) => name);
  };
  const whole = await tables();
  for (const _ of migrations) await database.source.undoLastMigration();
  assert.deepEqual(await tables(), ['migration']);
  await database.source.runMigrations();
  assert.deepEqual(await tables(), whole);
});

test('removed contacts are back when their migration is taken back, and each recipient has its address', async () => {
  await using database = await schedulerDatabase();
  const { audienceId, id } = await makeSending(database, 3);
  const contacts = createContactStore(database);
  await contacts.remove(audienceId, ['c0@example.com', 'c1@example.com']);
  await addContacts(database, audienceId, [{ email: 'C1@example.com', fields: '{}' }]);
  await contacts.remove(audienceId, ['c1@example.com']);
  await addContacts(database, audienceId, [{ email: 'c1@example.com', fields: '{"n":"new"}' }]);
  for (const migration of migrations.toReversed()) {
    await database.source.undoLastMigration();
    if (migration === RemovedContacts1764001300000) break;
  }
  const text = `
    select contact.email from recipient join campaign on campaign.number = recipient.campaign
    join contact on contact.id = recipient.contact_id and contact.audience = campaign.audience
    where campaign.id = $1 order by seq`;
  const emails = (await database.sql.query<{ email: string }>(text, [id])).map(({ email }) => email);
  assert.deepEqual(emails, ['c0@example.com', 'c1@example.com', 'c2@example.com']);
  const rows = await database.sql.query<{ email: string }>('select email from contact');
  assert.deepEqual([rows.length, (await createAudienceStore(database).find(audienceId))?.contactCount], [3, 3]);
});
