import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import { createDatabase, type Database } from './database.ts';
import { countRows, inOrderOf, listIds, nameContains, type ListOrder } from './lists.ts';
import { freshDatabase, type TestDatabase } from './testing.ts';

/** In the order in which they are made; two are the same but for their ids. */
const names = ['Beta', 'alpha', 'ALPHA', '100%', 'a_b', 'Über', 'über alles', 'beta', 'Beta'];

describe('a list of named rows', () => {
  let fresh: TestDatabase;
  let database: Database;
  const made = names.map((name, at) => ({ id: newId(1_795_500_000_000 + at), name }));
  before(async () => {
    fresh = await freshDatabase();
    database = await createDatabase({ url: fresh.url, schema: 'lists', applicationName: 'lists spec' });
    await database.sql.query('create table thing (id uuid primary key, name text not null)');
    for (const { id, name } of made.toReversed())
      await database.sql.query('insert into thing values ($1, $2)', [id, name]);
  });
  after(async () => {
    await database.close();
    await fresh[Symbol.asyncDispose]();
  });

  /** All rows, two at a time. */
  const walk = async (order: ListOrder): Promise<string[]> => {
    const walked: string[] = [];
    for (let last: (typeof made)[number] | undefined; ;) {
      const place = last && { key: last.name, id: last.id };
      const ids = await listIds(database.sql, 'thing', { count: 2, order, after: place });
      walked.push(...ids);
      last = made.find(({ id }) => id === ids.at(-1));
      if (last === undefined) return walked;
    }
  };

  for (const field of ['CREATED_AT', 'NAME'] as const)
    for (const direction of ['ASC', 'DESC'] as const)
      it(`is walked by ${field} ${direction}, each row once, in the order of the whole list`, async () => {
        const order = { field, direction };
        const whole = await listIds(database.sql, 'thing', { count: 100, order, after: undefined });
        assert.deepEqual([await walk(order), new Set(whole).size], [whole, names.length]);
      });

  it('by its making has the order of the ids, and by name capitals beside small letters', async () => {
    const ids = made.map(({ id }) => id);
    assert.deepEqual(await walk({ field: 'CREATED_AT', direction: 'ASC' }), ids);
    assert.deepEqual(await walk({ field: 'CREATED_AT', direction: 'DESC' }), ids.toReversed());
    const byName = inOrderOf(await walk({ field: 'NAME', direction: 'ASC' }), made).map(({ name }) =>
      name.toLowerCase(),
    );
    const betas = byName.filter((name) => name === 'beta');
    assert.deepEqual([betas.length, byName.lastIndexOf('beta') - byName.indexOf('beta')], [3, 2]);
    assert.equal(byName.indexOf('alpha') + 1, byName.lastIndexOf('alpha'));
  });

  for (const [text, found] of [
    ['ALPH', ['alpha', 'ALPHA']],
    ['%', ['100%']],
    ['_', ['a_b']],
    ['ÜBER', ['Über', 'über alles']],
    ["' or true --", []],
  ] as const)
    it(`has the rows whose names contain ${text}, letter for letter, and their number`, async () => {
      const order = { field: 'CREATED_AT', direction: 'ASC' } as const;
      const conditions = [nameContains(text)];
      const ids = await listIds(database.sql, 'thing', { count: 100, order, after: undefined }, conditions);
      assert.deepEqual(
        inOrderOf(ids, made).map(({ name }) => name),
        found,
      );
      assert.equal(await countRows(database.sql, 'thing', conditions), found.length);
    });

  it('keeps its condition on every page, and counts all without one', async () => {
    const order = { field: 'NAME', direction: 'ASC' } as const;
    const [first] = await listIds(database.sql, 'thing', { count: 1, order, after: undefined }, [nameContains('beta')]);
    const behind = { key: made.find(({ id }) => id === first)!.name, id: first! };
    const rest = await listIds(database.sql, 'thing', { count: 9, order, after: behind }, [nameContains('beta')]);
    assert.equal(new Set([first, ...rest]).size, 3);
    assert.equal(await countRows(database.sql, 'thing'), names.length);
  });

  it('leaves out rows that are gone', () => {
    assert.deepEqual(inOrderOf([newId(), made[1]!.id, made[0]!.id], made), [made[1], made[0]]);
  });
});
