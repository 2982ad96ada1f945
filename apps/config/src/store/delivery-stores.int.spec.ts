import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { RotationVerdict } from '@sendpool/contracts';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import { createFakePoolStore, createFakeRotationStore, createFakeServerStore } from '../domain/fake-stores.ts';
import type { Pool } from '../domain/pool.ts';
import type { RotationEntry } from '../domain/rotation-entry.ts';
import { neverVerified, type SendingServer } from '../domain/sending-server.ts';
import type { PoolStore, RotationStore, ServerStore } from '../domain/stores.ts';
import { accountWith, memberWith, poolWith, serverWith, sesServerWith, verdictWith } from '../domain/testing.ts';
import { createPoolStore } from './pool.store.ts';
import { createRotationStore } from './rotation.store.ts';
import { createServerStore } from './sending-server.store.ts';
import { entities, migrations, schema } from './tables.ts';

let testDatabase: TestDatabase;
let database: Database;
const changed = (): void => undefined;
const sealed = { keyId: 'k', iv: '', data: '', tag: '' };

before(async () => {
  testDatabase = await freshDatabase();
  database = await createDatabase({ url: testDatabase.url, schema, entities, migrations, applicationName: 'spec' });
});
after(async () => {
  await database.close();
  await testDatabase[Symbol.asyncDispose]();
});

const describeAccounts = (name: string, create: () => ServerStore): void => {
  it(`${name} gives each SES account that was verified, and nothing else, to one of many, once in an hour`, async () => {
    const store = create();
    const { verification } = serverWith();
    const due = sesServerWith({ verification });
    const others = [sesServerWith({ verification: neverVerified }), serverWith()];
    for (const row of [due, ...others]) await store.insert(row);
    const claims = async (ms: number) => {
      const claimed: (string | undefined)[] = [];
      do claimed.push(await store.claimSesAccount(new Date(ms), 3_600_000));
      while (claimed.at(-1) !== undefined);
      return claimed;
    };
    const together = (await Promise.all([claims(1e12), claims(1e12), claims(1e12)])).flat();
    assert.equal(together.filter((id) => id === due.id).length, 1);
    const has = async (ms: number) => (await claims(ms)).includes(due.id);
    assert.deepEqual([await has(1e12 + 3_599_999), await has(1e12 + 3_600_000)], [false, true]);
    assert.ok(others.every(({ id }) => !together.includes(id)));
  });

  it(`${name} gives out each of many due accounts once, however many ask at the same time`, async () => {
    const store = create();
    const rows = Array.from({ length: 30 }, () => sesServerWith());
    for (const row of rows) await store.insert(row);
    const now = new Date(5e12);
    const claimed = await Promise.all(Array.from({ length: 60 }, () => store.claimSesAccount(now, 3_600_000)));
    const ours = claimed.filter((id) => rows.some((row) => row.id === id));
    assert.equal(new Set(ours).size, ours.length);
  });

  it(`${name} finds the other active servers of the same region and access key`, async () => {
    const store = create();
    const [key, other] = [newId(), newId()];
    const [server, same] = [sesServerWith({ username: key }), sesServerWith({ username: key })];
    const elsewhere = { region: 'us-east-1', configurationSet: null, account: null };
    const unlike = [{ username: other }, { username: null }, { state: 'INACTIVE' as const }, { ses: elsewhere }];
    const rows = [server, same, ...unlike.map((change) => sesServerWith({ username: key, ...change }))];
    for (const row of rows) await store.insert({ ...row, password: row.username === null ? null : sealed });
    const found = async (row: SendingServer) => (await store.withSameSesAccount(row)).map(({ id }) => id);
    assert.deepEqual(await found(server), [same.id]);
    assert.ok((await found({ ...server, username: null })).includes(rows[3]!.id));
    assert.deepEqual(await found(serverWith()), []);
  });

  it(`${name} notes an account without a new revision`, async () => {
    const store = create();
    const server = sesServerWith();
    await store.insert(server);
    const account = accountWith({ sentLast24Hours: 777, max24HourSend: null });
    await store.noteSesAccount(server.id, account);
    const [found] = await store.find([server.id]);
    assert.deepEqual(found, { ...server, ses: { ...server.ses, account } });
  });
};
describeAccounts('the store in memory', createFakeServerStore);
describeAccounts('the store in PostgreSQL', () => createServerStore(database, changed));

const describeRotations = (name: string, create: () => { pools: PoolStore; rotations: RotationStore }): void => {
  it(`${name} settles a verdict once, and changes its pool with it`, async () => {
    const { pools: store, rotations } = create();
    const pool = poolWith([memberWith(newId(), 1)], { isp: 'AFFINITY' });
    await store.insert(pool);
    const verdict = verdictWith({ poolId: pool.id });
    let decisions = 0;
    const decide = async (current: Pool | undefined) => {
      decisions += 1;
      return { pool: { ...current!, isp: 'SPREAD' as const }, whyNot: null };
    };
    assert.equal(await rotations.settle({ verdict, decide }), true);
    assert.equal(await rotations.settle({ verdict, decide }), false);
    assert.equal(decisions, 1);
    assert.deepEqual(await store.find([pool.id]), [{ ...pool, isp: 'SPREAD', revision: 2 }]);
    const [{ number: _, ...entry }] = (await rotations.page([pool.id], 10)).get(pool.id) as [RotationEntry];
    assert.deepEqual(entry, { verdict, applied: true, whyNot: null });
  });

  it(`${name} keeps the newest of refusals that are alike, and no older one of that server after it`, async () => {
    const { rotations } = create();
    const [poolId, serverId] = [newId(), newId()];
    const refuse = (at: number, whyNot: string, change: Partial<RotationVerdict> = {}) => {
      const verdict = verdictWith({ poolId, serverId, at, ...change });
      return rotations.settle({ verdict, decide: async () => ({ whyNot }) });
    };
    const kept = [
      await refuse(10, 'last'),
      await refuse(20, 'last', { words: 'newer' }),
      await refuse(15, 'other'),
      await refuse(20, 'last', { serverId: newId() }),
      await refuse(30, 'other'),
      await refuse(40, 'other', { kind: 'WARN' }),
      await refuse(40, 'other', { kind: 'WARN' }),
    ];
    assert.deepEqual(kept, [true, true, false, true, true, true, true]);
    const entries = (await rotations.page([poolId], 10))
      .get(poolId)!
      .filter(({ verdict }) => verdict.serverId === serverId);
    assert.deepEqual(entries.map(({ verdict: { kind, at }, whyNot }) => [kind, at, whyNot]).toReversed(), [
      ['EJECT', 20, 'last'],
      ['EJECT', 30, 'other'],
      ['WARN', 40, 'other'],
      ['WARN', 40, 'other'],
    ]);
    assert.equal(entries.at(-1)?.verdict.words, 'newer');
  });

  it(`${name} keeps verdicts that change nothing, also on a pool that is not there, and pages them newest first`, async () => {
    const { rotations } = create();
    const poolId = newId();
    const verdicts = [1, 2, 3].map((at) => verdictWith({ poolId, at, serverId: null, campaignIds: [newId()] }));
    for (const verdict of verdicts)
      await rotations.settle({ verdict, decide: async (pool) => ({ whyNot: pool === undefined ? 'none' : 'some' }) });
    const first = (await rotations.page([poolId], 2)).get(poolId)!;
    assert.deepEqual(
      first.map(({ verdict, whyNot }) => [verdict, whyNot]),
      [verdicts[2], verdicts[1]].map((verdict) => [verdict, 'none']),
    );
    const rest = (await rotations.page([poolId], 2, first[1]!.number)).get(poolId)!;
    assert.deepEqual(
      rest.map(({ verdict }) => verdict),
      [verdicts[0]],
    );
  });

  it(`${name} gives each of many pools a page of its own verdicts, and their number`, async () => {
    const { rotations } = create();
    const [one, two, none] = [newId(), newId(), newId()];
    for (const at of [1, 2, 3])
      for (const poolId of [one, two])
        await rotations.settle({ verdict: verdictWith({ poolId, at }), decide: async () => ({ whyNot: 'no' }) });
    const pages = await rotations.page([one, none, two], 2);
    const timesOf = (poolId: string) => (pages.get(poolId) ?? []).map(({ verdict }) => [verdict.poolId, verdict.at]);
    for (const poolId of [one, two])
      assert.deepEqual(
        timesOf(poolId),
        [3, 2].map((at) => [poolId, at]),
      );
    assert.deepEqual(timesOf(none), []);
    const counts = await rotations.counts([one, none, two]);
    assert.deepEqual([counts.get(one), counts.get(none), counts.get(two)], [3, undefined, 3]);
  });

  it(`${name} finds the pools in which the time of a member is over`, async () => {
    const { pools: store } = create();
    const rows = [
      poolWith([memberWith(newId(), 1, { state: 'OUT', until: 5000 })]),
      poolWith([memberWith(newId(), 1, { state: 'OUT', until: 5001 })]),
      poolWith([memberWith(newId(), 1, { state: 'IN', until: null })]),
      poolWith([memberWith(newId(), 1, { state: 'OUT', until: null })]),
    ];
    for (const row of rows) await store.insert(row);
    const due = await store.withMembersDue(new Date(5000));
    assert.deepEqual(
      rows.map(({ id }) => due.includes(id)),
      [true, false, false, false],
    );
  });
};
describeRotations('the rotation store in memory', () => {
  const store = createFakePoolStore();
  return { pools: store, rotations: createFakeRotationStore(store.rows) };
});
describeRotations('the rotation store in PostgreSQL', () => ({
  pools: createPoolStore(database, changed),
  rotations: createRotationStore(database, changed),
}));

it('a verdict that changes a pool wakes the publisher, any other does not', async () => {
  const store = createPoolStore(database, () => undefined);
  const pool = poolWith([memberWith(newId(), 1)]);
  await store.insert(pool);
  let woken = 0;
  const rotations = createRotationStore(database, () => {
    woken += 1;
  });
  const verdict = verdictWith({ poolId: pool.id });
  await rotations.settle({ verdict: verdictWith({ poolId: pool.id }), decide: async () => ({ whyNot: 'no' }) });
  assert.equal(woken, 0);
  for (const _ of [1, 2]) await rotations.settle({ verdict, decide: async () => ({ pool, whyNot: null }) });
  assert.equal(woken, 1);
});
