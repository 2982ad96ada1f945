import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import type { AudienceStore } from '../domain/audience.ts';
import type { ContactRow } from '../domain/contact-import.ts';
import { createAudienceStore } from './audience.store.ts';
import { addContacts, makeAudience, schedulerDatabase, type TestDatabase } from './testing.ts';
import type { Upserted } from './upsert-contacts.ts';

const row = (email: string, fields = '{}'): ContactRow => ({ email, fields });

const sizesOf = ({ added, changed, same }: Upserted): number[] => [added, changed, same].map(({ length }) => length);

describe('the audience store', () => {
  let database: TestDatabase;
  let audiences: AudienceStore;
  before(async () => {
    database = await schedulerDatabase();
    audiences = createAudienceStore(database);
  });
  after(() => database[Symbol.asyncDispose]());

  const contactsOf = (id: string) =>
    database.sql.query<{ email: string; fields: string }>(
      `select email, fields from contact join audience on audience.number = contact.audience
       where audience.id = $1 order by contact.id`,
      [id],
    );

  it('counts new, changed and unchanged contacts by lower-case address, and keeps the count of the audience', async () => {
    const id = await makeAudience(database, 3);
    const upserted = await addContacts(database, id, [
      row('C0@example.com', '{"n":"0","city":"Oslo","first_name":"Ann"}'),
      row('c1@example.com', '{"n":"1","city":"Oslo","first_name":"Ann"}'),
      row('c2@example.com', '{}'),
      row('new@example.com'),
      row('again@example.com'),
    ]);
    assert.deepEqual(sizesOf(upserted), [2, 2, 1]);
    assert.equal((await audiences.find(id))?.contactCount, 5);
    assert.deepEqual(
      (await contactsOf(id)).map(({ email }) => email),
      ['C0@example.com', 'c1@example.com', 'c2@example.com', 'new@example.com', 'again@example.com'],
    );
  });

  it('keeps one contact for each address when two uploads of the same rows run at once', async () => {
    const id = await makeAudience(database, 0);
    const rows = Array.from({ length: 300 }, (_, index) => row(`x${index}@example.com`));
    const counts = await Promise.all([rows, rows.toReversed(), rows].map((some) => addContacts(database, id, some)));
    assert.equal(
      counts.reduce((sum, { added }) => sum + added.length, 0),
      300,
    );
    assert.equal((await contactsOf(id)).length, 300);
    assert.equal((await audiences.find(id))?.contactCount, 300);
  });

  it('takes a name once, pages in the order of making, and answers nothing for ids that are none', async () => {
    const ids = [newId(1), newId(2), newId(3)];
    for (const id of ids) assert.equal(await audiences.insert({ id, name: `page ${id}`, createdAt: new Date() }), true);
    assert.equal(await audiences.insert({ id: newId(), name: `page ${ids[0]}`, createdAt: new Date() }), false);
    const page = await audiences.page({
      first: 1,
      order: { field: 'CREATED_AT', direction: 'ASC' },
      after: { key: '', id: ids[0]! },
      nameContains: undefined,
    });
    assert.deepEqual(
      page.map(({ id }) => id),
      [ids[1], ids[2]],
    );
    assert.deepEqual(await audiences.findMany(['not an id', ids[2]!]).then((some) => some.map(({ id }) => id)), [
      ids[2],
    ]);
  });

  it('refuses fields that are no JSON object', async () => {
    const id = await makeAudience(database, 0);
    await assert.rejects(addContacts(database, id, [row('a@example.com', '[1]')]), /check constraint/);
  });

  it('takes 20,000 rows in a few seconds, and knows them again', async () => {
    const began = performance.now();
    const id = await makeAudience(database, 20_000);
    assert.ok(performance.now() - began < 10_000);
    const again = await addContacts(database, id, [
      row('c19999@example.com', '{"n":"19999","city":"Oslo","first_name":"Ann"}'),
    ]);
    assert.deepEqual([again.same.length, (await audiences.find(id))?.contactCount], [1, 20_000]);
  });
});
