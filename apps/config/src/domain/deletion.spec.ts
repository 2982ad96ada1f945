import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { newId } from '@sendpool/kernel';
import { createCreatePool } from './create-pool.ts';
import { createDeletePool } from './delete-pool.ts';
import { createDeleteSendingServer } from './delete-sending-server.ts';
import { createFakePoolStore, createFakeServerStore } from './fake-stores.ts';
import { toPoolRecord } from './pool.ts';
import type { Result } from './result.ts';
import { toServerRecord } from './sending-server.ts';
import { createSwitchSendingServer } from './switch-sending-server.ts';
import { memberWith, poolWith, serverWith } from './testing.ts';

const now = (): Date => new Date('2026-11-24T12:00:00Z');
const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };

let servers: ReturnType<typeof createFakeServerStore>;
let pools: ReturnType<typeof createFakePoolStore>;
beforeEach(() => {
  servers = createFakeServerStore();
  pools = createFakePoolStore();
});

const deleteServer = (id: string) => createDeleteSendingServer({ servers, pools, now })(id);
const deletePool = (id: string) => createDeletePool({ pools, now })(id);
const codeOf = (result: Result<unknown>): string | undefined => (result.ok ? undefined : result.errors[0]?.code);

describe('deleting a server', () => {
  it('erases its credentials, and tells all others that it is gone', async () => {
    const server = serverWith({ tls: 'REQUIRED', username: 'u', password: sealed, caCertificate: 'pem' });
    await servers.insert(server);
    const result = await deleteServer(server.id);
    assert.ok(result.ok);
    const { username, password, caCertificate, state, deletedAt } = result.value;
    assert.deepEqual([username, password, caCertificate, state, deletedAt], [null, null, null, 'INACTIVE', now()]);
    const record = toServerRecord(result.value);
    assert.deepEqual([record.deleted, record.password, record.revision], [true, null, 2]);
    assert.ok(!('deletedAt' in record));
  });

  it('is refused while pools have it as a member, and names them', async () => {
    const server = serverWith();
    await servers.insert(server);
    const pool = poolWith([memberWith(server.id, 0)], { name: 'Everything' });
    await pools.insert(pool);
    const refused = await deleteServer(server.id);
    assert.ok(!refused.ok);
    assert.deepEqual([refused.errors[0]?.code, refused.errors[0]?.path], ['CONFLICT', ['input', 'id']]);
    assert.match(refused.errors[0]!.message, /"Everything"/);
    await deletePool(pool.id);
    assert.ok((await deleteServer(server.id)).ok);
  });

  it('twice is the same as once; nothing else changes it any more, and no pool takes it', async () => {
    const server = serverWith();
    await servers.insert(server);
    const once = await deleteServer(server.id);
    assert.deepEqual(await deleteServer(server.id), once);
    assert.equal(codeOf(await createSwitchSendingServer({ servers }, 'ACTIVE')(server.id)), 'NOT_FOUND');
    const createPool = createCreatePool({ pools, servers, newId });
    const made = await createPool({ name: 'New', members: [{ serverId: server.id, weight: 1 }] });
    assert.ok(!made.ok);
    assert.deepEqual(made.errors[0]?.path, ['input', 'members', '0', 'serverId']);
    assert.equal(codeOf(await deleteServer(newId())), 'NOT_FOUND');
  });
});

it('deleting a pool tells all others that it is gone, and twice is the same as once', async () => {
  const pool = poolWith([memberWith(newId(), 1)]);
  await pools.insert(pool);
  const once = await deletePool(pool.id);
  assert.ok(once.ok);
  const record = toPoolRecord(once.value);
  assert.deepEqual([record.deleted, record.revision, 'deletedAt' in record], [true, 2, false]);
  assert.deepEqual(await deletePool(pool.id), once);
});
