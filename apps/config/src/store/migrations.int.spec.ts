import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import { defaultLimits } from '../domain/limits.ts';
import { neverOut } from '../domain/pool.ts';
import { memberWith, poolWith, serverWith, sesServerWith } from '../domain/testing.ts';
import { createPoolStore } from './pool.store.ts';
import { createServerStore } from './sending-server.store.ts';
import { entities, migrations, schema } from './tables.ts';

/** To before the delivery engine. */
const goBack = async ({ source }: Database): Promise<void> => {
  for (const _ of migrations.slice(1)) await source.undoLastMigration();
};

const silent = (): void => undefined;

const insertServer = `insert into sending_server
    (id, revision, name, kind, state, host, port, tls, from_domains, max_connections, verification_status)
  values ($1, 3, 'Old', 'SMTP', 'ACTIVE', 'smtp.example.com', 25, 'NONE', '{example.com}', 10, 'PASSED')`;
const insertPool = `insert into pool (id, revision, name, when_busy, members) values ($1, 2, 'Old', 'OVERFLOW', $2)`;

it('servers and pools from before the delivery engine keep what they had, and may go back', async () => {
  await using own = await freshDatabase();
  const database = await createDatabase({ url: own.url, schema, entities, migrations, applicationName: 'spec' });
  await goBack(database);
  const [serverId, poolId] = [newId(), newId()];
  const members = [1, 2].map((weight) => ({ serverId: newId(), weight, role: null }));
  await database.source.query(insertServer, [serverId]);
  await database.source.query(insertPool, [poolId, JSON.stringify(members)]);
  await database.source.runMigrations();
  const [server] = await createServerStore(database, silent).find([serverId]);
  assert.deepEqual([server?.revision, server?.limits, server?.warmUp, server?.ses], [3, defaultLimits, null, null]);
  const [pool] = await createPoolStore(database, silent).find([poolId]);
  assert.deepEqual(
    pool?.members,
    members.map((member) => ({ ...member, rotation: neverOut })),
  );
  assert.deepEqual(
    [pool.isp, pool.rotateOut],
    ['SPREAD', { rule: 'SIGNIFICANT', maxBounceRate: 0.03, minSends: 1000 }],
  );
  await goBack(database);
  const rows = await database.source.query<{ members: unknown }[]>('select members from pool');
  assert.deepEqual(rows, [{ members }]);
  await database.close();
});

it('the way back is refused while there is a server of kind SES, and leaves everything as it is', async () => {
  await using own = await freshDatabase();
  const database = await createDatabase({ url: own.url, schema, entities, migrations, applicationName: 'spec' });
  const server = sesServerWith();
  const store = createServerStore(database, silent);
  await store.insert(server);
  await assert.rejects(goBack(database), /sending_server_kind_check/);
  await database.source.runMigrations();
  assert.deepEqual(await store.find([server.id]), [server]);
  await database.close();
});

it('what was deleted does not come back to life on the way back, and leaves its name', async () => {
  await using own = await freshDatabase();
  const database = await createDatabase({ url: own.url, schema, entities, migrations, applicationName: 'spec' });
  const [servers, pools] = [createServerStore(database, silent), createPoolStore(database, silent)];
  const rows = [serverWith({ name: 'Main' }), serverWith({ name: 'main', deletedAt: new Date(0) })] as const;
  for (const row of rows) await servers.insert(row);
  const gone = poolWith([memberWith(rows[0].id, 1)], { deletedAt: new Date(0) });
  await pools.insert(gone);
  await database.source.undoLastMigration();
  assert.deepEqual(await database.source.query('select id from sending_server'), [{ id: rows[0].id }]);
  assert.deepEqual(await database.source.query('select id from pool'), []);
  await database.source.runMigrations();
  assert.deepEqual(await servers.find(rows.map(({ id }) => id)), [rows[0]]);
  await database.close();
});
