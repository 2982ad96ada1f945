import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createDatabase } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { newId } from '@sendpool/kernel';
import { defaultLimits } from '../domain/limits.ts';
import { neverOut } from '../domain/pool.ts';
import { sesServerWith } from '../domain/testing.ts';
import { createPoolStore } from './pool.store.ts';
import { createServerStore } from './sending-server.store.ts';
import { entities, migrations as all, schema } from './tables.ts';

/** The delivery engine's is the last of these. */
const migrations = all.slice(0, 2);

const silent = (): void => undefined;

const insertServer = `insert into sending_server
    (id, revision, name, kind, state, host, port, tls, from_domains, max_connections, verification_status)
  values ($1, 3, 'Old', 'SMTP', 'ACTIVE', 'smtp.example.com', 25, 'NONE', '{example.com}', 10, 'PASSED')`;
const insertPool = `insert into pool (id, revision, name, when_busy, members) values ($1, 2, 'Old', 'OVERFLOW', $2)`;

it('servers and pools from before the delivery engine keep what they had, and may go back', async () => {
  await using own = await freshDatabase();
  const database = await createDatabase({ url: own.url, schema, entities, migrations, applicationName: 'spec' });
  await database.source.undoLastMigration();
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
  await database.source.undoLastMigration();
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
  await assert.rejects(database.source.undoLastMigration(), /sending_server_kind_check/);
  assert.deepEqual(await store.find([server.id]), [server]);
  await database.close();
});
