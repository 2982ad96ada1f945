import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import { createFakeKeyStore, createFakePoolStore, createFakeServerStore } from '../domain/fake-stores.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { Pool } from '../domain/pool.ts';
import { noRates } from '../domain/limits.ts';
import { neverVerified, type SendingServer } from '../domain/sending-server.ts';
import type { Deletable, KeyStore, ListPage, PoolStore, ServerStore, VersionedStore } from '../domain/stores.ts';
import { memberWith, poolWith, sesServerWith, verdictWith } from '../domain/testing.ts';
import { createKeyStore } from './api-key.store.ts';
import { createOutboxes } from './outbox.store.ts';
import { createPoolStore } from './pool.store.ts';
import { createServerStore } from './sending-server.store.ts';
import { entities, migrations, schema } from './tables.ts';

const serverOf = (change: Partial<SendingServer> = {}): SendingServer =>
  sesServerWith({
    username: 'u',
    password: { keyId: 'k', iv: 'i', data: 'd', tag: 't' },
    caCertificate: 'pem',
    fromDomains: ['example.com', '*.example.org'],
    limits: {
      maxConnections: 7,
      messagesPerConnection: 100,
      messagesPerSecond: 0.5,
      messagesPerMinute: 20,
      messagesPerHour: 1000,
      messagesPerDay: 20_000,
      whenLimited: 'WAIT',
      providers: [{ ...noRates, provider: 'gmail', messagesPerDay: 500, maxConnections: 2 }],
    },
    warmUp: {
      startsAt: Date.UTC(2026, 10, 24),
      heldDays: 1,
      heldOn: Date.UTC(2026, 10, 25),
      perDay: [50, 100],
      providers: [{ provider: 'gmail', perDay: [5] }],
    },
    verification: { status: 'FAILED', at: new Date('2026-11-24T12:00:00Z'), failedStage: 'AUTH', message: '535 no' },
    ...change,
  });
const poolOf = (change: Partial<Pool> = {}): Pool => {
  const { evidence } = verdictWith();
  const out = { state: 'OUT', since: 1000, until: 2000, times: 1, reason: 'bounces', evidence } as const;
  const ways = { isp: 'AFFINITY', rotateOut: { rule: 'LITERAL', maxBounceRate: 0.05, minSends: 50 } } as const;
  return poolWith([{ ...memberWith(newId(), 85, out), role: 'Main delivery' }], { ...ways, ...change });
};
const keyWith = (name: string) => {
  const times = { createdAt: new Date(1000), expiresAt: new Date(9000), revokedAt: null, lastUsedAt: null };
  return { id: newId(), revision: 1, name, role: 'ADMIN', prefix: 'sp_01234567', hash: newId(), ...times } as const;
};

let testDatabase: TestDatabase;
let database: Database;
let changes = 0;
const changed = (): void => {
  changes += 1;
};
const open = () => createDatabase({ url: testDatabase.url, schema, entities, migrations, applicationName: 'spec' });

before(async () => {
  testDatabase = await freshDatabase();
  database = await open();
});
after(async () => {
  await database.close();
  await testDatabase[Symbol.asyncDispose]();
});

/** The suite that a store of rows with revisions passes, in memory and in PostgreSQL. */
const describeVersionedStore = <T extends Deletable & { readonly name: string }>(
  name: string,
  create: () => VersionedStore<T>,
  rowWith: (change: Partial<Deletable & { name: string }>) => T,
): void => {
  describe(name, () => {
    it('gives a row back as it was put in, and finds nothing for texts that are no id', async () => {
      const store = create();
      const row = rowWith({});
      assert.equal(await store.insert(row), 'SAVED');
      assert.deepEqual(await store.find([row.id, row.id, 'nonsense', newId()]), [row]);
    });

    it('saves on the revision before, and nothing on any other', async () => {
      const store = create();
      const row = rowWith({});
      await store.insert(row);
      const next = { ...row, revision: 2, name: newId() };
      assert.equal(await store.save(next), 'SAVED');
      assert.equal(await store.save({ ...next, name: newId() }), 'STALE');
      assert.equal(await store.save({ ...next, revision: 4 }), 'STALE');
      assert.equal(await store.save(rowWith({ revision: 2 })), 'STALE');
      assert.deepEqual(await store.find([row.id]), [next]);
    });

    it('refuses a name that is taken, in any case of letters, and lets a row keep its own', async () => {
      const store = create();
      const row = rowWith({ name: `Relay ${newId()}` });
      const other = rowWith({});
      await store.insert(row);
      await store.insert(other);
      assert.equal(await store.insert(rowWith({ name: row.name.toUpperCase() })), 'NAME_TAKEN');
      assert.equal(await store.save({ ...other, revision: 2, name: row.name.toLowerCase() }), 'NAME_TAKEN');
      assert.equal(await store.save({ ...row, revision: 2 }), 'SAVED');
    });

    it('finds a deleted row by its id, lists and counts it no more, and has its name for another', async () => {
      const store = create();
      const row = rowWith({ name: `Gone ${newId()}` });
      await store.insert(row);
      const gone = { ...row, revision: 2, deletedAt: new Date(5000) };
      assert.equal(await store.save(gone), 'SAVED');
      assert.deepEqual(await store.find([row.id]), [gone]);
      assert.equal(await store.count(row.name), 0);
      const other = rowWith({ name: row.name.toUpperCase() });
      assert.equal(await store.insert(other), 'SAVED');
      const order = { field: 'NAME', direction: 'ASC' } as const;
      assert.deepEqual(await store.page({ count: 9, order, after: undefined, nameContains: row.name }), [other]);
    });

    it('lists rows in the order in which they were made or by name, from either end, and counts them', async () => {
      const store = create();
      const mark = newId();
      const rows = ['b', 'C', 'a'].map((letter, minute) =>
        rowWith({ id: newId(Date.now() + 1e9 + minute * 60_000), name: `${letter} ${mark}` }),
      );
      for (const row of [...rows.toReversed(), rowWith({})]) await store.insert(row);
      const [b, c, a] = rows as [T, T, T];
      const namesOf = async (field: ListPage['order']['field'], direction: 'ASC' | 'DESC', after?: T) => {
        const place = after && { key: field === 'NAME' ? after.name : '', id: after.id };
        const order = { field, direction };
        return store.page({ count: 2, order, after: place, nameContains: mark.toUpperCase() });
      };
      assert.deepEqual([await namesOf('CREATED_AT', 'ASC'), await namesOf('CREATED_AT', 'ASC', c)], [[b, c], [a]]);
      assert.deepEqual([await namesOf('CREATED_AT', 'DESC'), await namesOf('CREATED_AT', 'DESC', c)], [[a, c], [b]]);
      assert.deepEqual([await namesOf('NAME', 'ASC'), await namesOf('NAME', 'ASC', b)], [[a, b], [c]]);
      assert.deepEqual([await namesOf('NAME', 'DESC'), await namesOf('NAME', 'DESC', b)], [[c, b], [a]]);
      assert.deepEqual(
        [await store.count(mark), await store.count(`b ${mark}`), await store.count(newId())],
        [3, 1, 0],
      );
      assert.ok((await store.count(undefined)) > 3);
    });
  });
};

describeVersionedStore<SendingServer>('servers in memory', createFakeServerStore, serverOf);
describeVersionedStore<SendingServer>('servers in PostgreSQL', () => createServerStore(database, changed), serverOf);
describeVersionedStore<Pool>('pools in memory', createFakePoolStore, poolOf);
describeVersionedStore<Pool>('pools in PostgreSQL', () => createPoolStore(database, changed), poolOf);

const describeClaims = (name: string, create: () => ServerStore): void => {
  it(`${name} lets one of many verify a server in two seconds`, async () => {
    const store = create();
    const server = serverOf();
    await store.insert(server);
    const at = (ms: number) => store.claimVerification(server.id, new Date(ms), 2000);
    const together = await Promise.all([at(10_000), at(10_000), at(10_000)]);
    assert.equal(together.filter(Boolean).length, 1);
    assert.deepEqual([await at(11_999), await at(12_000)], [false, true]);
    assert.deepEqual(await store.find([server.id]), [server]);
  });
};
describeClaims('the store in memory', createFakeServerStore);
describeClaims('the store in PostgreSQL', () => createServerStore(database, changed));

const describeKeyStore = (name: string, create: () => KeyStore): void => {
  it(`${name} saves what was decided, and nothing when nothing was`, async () => {
    const store = create();
    const before = await store.list();
    const key = keyWith('CI');
    assert.equal(await store.exclusively(() => ({ save: key, answer: 5 })), 5);
    const revoked = { ...key, revision: 2, revokedAt: new Date(2000) };
    await store.exclusively((keys) => ({
      save: { ...keys.at(-1)!, revision: 2, revokedAt: new Date(2000) },
      answer: 0,
    }));
    await store.exclusively(() => ({ answer: 0 }));
    assert.deepEqual(await store.list(), [...before, revoked]);
    assert.deepEqual(await store.find([key.id, 'no id']), [revoked]);
    const order = { field: 'CREATED_AT', direction: 'DESC' } as const;
    assert.deepEqual(await store.page({ count: 1, order, after: undefined, nameContains: undefined }), [revoked]);
    assert.equal(await store.count(undefined), before.length + 1);
  });
};
const describeUses = (name: string, create: () => KeyStore): void => {
  it(`${name} keeps the latest use of a key, as no change of it, and passes over what is no key`, async () => {
    const store = create();
    const key = keyWith('used');
    await store.exclusively(() => ({ save: key, answer: 0 }));
    for (const at of [5000, 7000, 6000]) await store.noteUse({ id: key.id, at });
    await store.noteUse({ id: newId(), at: 8000 });
    await store.noteUse({ id: 'no id', at: 8000 });
    const kept = (await store.list()).find(({ id }) => id === key.id);
    assert.deepEqual(kept, { ...key, lastUsedAt: new Date(7000) });
  });
};
describeUses('the key store in memory', createFakeKeyStore);
describeUses('the key store in PostgreSQL', () => createKeyStore(database, changed));

describeKeyStore('the key store in memory', createFakeKeyStore);
describeKeyStore('the key store in PostgreSQL', () => createKeyStore(database, changed));

describe('the stores in PostgreSQL', () => {
  it('make changes of keys take turns, so that each decides on what the one before left', async () => {
    const store = createKeyStore(database, changed);
    const before = (await store.list()).length;
    const seen = await Promise.all(
      [1, 2, 3].map((number) =>
        store.exclusively((keys) => ({ save: keyWith(`turn ${number}`), answer: keys.length - before })),
      ),
    );
    assert.deepEqual(new Set(seen), new Set([0, 1, 2]));
  });

  it('call out after each change that took effect, and only then', async () => {
    const store = createServerStore(database, changed);
    const server = serverOf({ verification: neverVerified, password: null, username: null, caCertificate: null });
    changes = 0;
    await store.insert(server);
    await store.save({ ...server, revision: 2 });
    await store.save({ ...server, revision: 2 });
    assert.equal(changes, 2);
  });

  it('come up empty after the migrations have gone down and up again', async () => {
    await using own = await freshDatabase();
    const options = { url: own.url, schema, entities, migrations, applicationName: 'spec' };
    const { source, close } = await createDatabase(options);
    for (const _ of migrations) await source.undoLastMigration();
    const left = await source.query<unknown[]>(
      `select table_name from information_schema.tables where table_schema = 'config' and table_name <> 'migration'`,
    );
    assert.deepEqual(left, []);
    await source.runMigrations();
    assert.deepEqual(await source.query('select * from sending_server, pool, api_key, rotation_verdict'), []);
    await close();
  });
});

const stores = (): { servers: ServerStore; pools: PoolStore; keys: KeyStore } => ({
  servers: createServerStore(database, changed),
  pools: createPoolStore(database, changed),
  keys: createKeyStore(database, changed),
});
const outboxes = (): readonly Outbox[] => createOutboxes(database.sql, stores());
const acknowledgeAll = async (outbox: Outbox): Promise<void> => outbox.acknowledged(await outbox.pending(1000));
const pendingIds = async (outbox: Outbox) => (await outbox.pending(1000)).map(({ id }) => id);

describe('the outboxes', () => {
  it('hold each changed row of each table until its newest revision is acknowledged', async () => {
    const rows = [serverOf(), poolOf(), keyWith('outbox')] as const;
    for (const outbox of outboxes()) await acknowledgeAll(outbox);
    await stores().servers.insert(rows[0]);
    await stores().pools.insert(rows[1]);
    await stores().keys.exclusively(() => ({ save: rows[2], answer: 0 }));
    const keys = [`server:${rows[0].id}`, `pool:${rows[1].id}`, rows[2].id];
    for (const [at, outbox] of outboxes().entries()) {
      const [entry] = await outbox.pending(1000);
      assert.deepEqual([entry?.key, entry?.revision], [keys[at], 1]);
      await outbox.acknowledged([entry!]);
      assert.deepEqual(await pendingIds(outbox), []);
    }
  });

  it('keep a row pending that was changed while its older revision was on the way', async () => {
    const [outbox] = outboxes();
    const server = serverOf();
    await stores().servers.insert(server);
    const onTheWay = await outbox!.pending(1000);
    await stores().servers.save({ ...server, revision: 2 });
    await outbox!.acknowledged(onTheWay);
    assert.deepEqual(await pendingIds(outbox!), [server.id]);
    await acknowledgeAll(outbox!);
    await outbox!.acknowledged(onTheWay);
    assert.deepEqual(await pendingIds(outbox!), []);
  });

  it('make rows pending again, and lift a row above the revision that the topic has seen', async () => {
    const [outbox] = outboxes();
    const server = serverOf();
    await stores().servers.insert(server);
    await acknowledgeAll(outbox!);
    assert.equal(await outbox!.repeat([server.id]), 1);
    assert.equal(await outbox!.repeat([server.id]), 0);
    assert.deepEqual(await pendingIds(outbox!), [server.id]);
    await acknowledgeAll(outbox!);
    const seen = [{ id: server.id, key: '', revision: 6 }];
    assert.deepEqual([await outbox!.lift(seen), await outbox!.lift(seen)], [1, 0]);
    const [entry] = await outbox!.pending(1000);
    assert.equal(entry?.revision, 7);
  });
});
