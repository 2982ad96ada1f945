/** Servers and the pools that have them as members, when one of them is deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { memberWith, poolWith, serverWith } from '../domain/testing.ts';
import { createPoolStore } from './pool.store.ts';
import { createServerStore } from './sending-server.store.ts';
import { entities, migrations, schema } from './tables.ts';

const changed = (): void => undefined;

let testDatabase: TestDatabase;
let database: Database;
before(async () => {
  testDatabase = await freshDatabase();
  database = await createDatabase({ url: testDatabase.url, schema, entities, migrations, applicationName: 'spec' });
});
after(async () => {
  await database.close();
  await testDatabase[Symbol.asyncDispose]();
});

describe('the stores in PostgreSQL', () => {
  it('keep a server that a pool has as a member, and a pool from a server that is deleted, also at the same time', async () => {
    const [servers, pools] = [createServerStore(database, changed), createPoolStore(database, changed)];
    for (let round = 0; round < 20; round += 1) {
      const server = serverWith();
      await servers.insert(server);
      const pool = poolWith([memberWith(server.id, 1)]);
      const gone = { ...server, revision: 2, deletedAt: new Date(5000) };
      const deletion = (): Promise<string> => servers.save(gone);
      const writes = round % 2 === 0 ? [deletion, () => pools.insert(pool)] : [() => pools.insert(pool), deletion];
      const answers = await Promise.all(writes.map((write) => write()));
      assert.deepEqual(answers.toSorted(), ['SAVED', 'STALE']);
      const isIn = (await pools.withMember(server.id)).length > 0;
      assert.equal((await servers.find([server.id]))[0]?.deletedAt === null, isIn);
    }
  });

  it('let a server go once its pool is deleted, and name at most five pools', async () => {
    const [servers, pools] = [createServerStore(database, changed), createPoolStore(database, changed)];
    const server = serverWith();
    await servers.insert(server);
    const all = Array.from({ length: 6 }, () => poolWith([memberWith(server.id, 1)]));
    for (const pool of all) await pools.insert(pool);
    assert.equal((await pools.withMember(server.id)).length, 5);
    for (const pool of all) await pools.save({ ...pool, revision: 2, deletedAt: new Date(5000) });
    assert.deepEqual(await pools.withMember(server.id), []);
    assert.equal(await servers.save({ ...server, revision: 2, deletedAt: new Date(5000) }), 'SAVED');
  });
});
