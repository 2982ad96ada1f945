import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiKeysTopic, sendingConfigKey, sendingConfigTopic } from '@sendpool/contracts';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { createMetrics, type Log, type Part } from '@sendpool/service';
import { createWake } from './api/events/wake.ts';
import { toKeyRecord, type ApiKey } from './domain/api-key.ts';
import { neverVerified, toServerRecord, type SendingServer } from './domain/sending-server.ts';
import { serverWith } from './domain/testing.ts';
import { createPublishing } from './publishing.ts';
import { createKeyStore } from './store/api-key.store.ts';
import { createOutboxes } from './store/outbox.store.ts';
import { createPoolStore } from './store/pool.store.ts';
import { createServerStore } from './store/sending-server.store.ts';
import { entities, migrations, schema } from './store/tables.ts';

const server = (): SendingServer => serverWith({ verification: neverVerified });
const key = (): ApiKey => ({
  id: newId(),
  revision: 1,
  name: 'CI',
  role: 'OPERATOR',
  prefix: 'sp_01234567',
  hash: newId(),
  createdAt: new Date(),
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
});

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
let testDatabase: TestDatabase;
let database: Database;
let eventLog: EventLog;
let stores: ReturnType<typeof storesOf>;
let parts: Part[] = [];
let metrics = createMetrics('spec');

const storesOf = (changed: () => void) => ({
  servers: createServerStore(database, changed),
  pools: createPoolStore(database, changed),
  keys: createKeyStore(database, changed),
});

const startPublishing = async (): Promise<void> => {
  const publisher = createWake();
  metrics = createMetrics('spec');
  stores = storesOf(publisher.wake);
  parts = createPublishing({ eventLog, outboxes: createOutboxes(database.sql, stores), publisher, log, metrics });
  for (const part of parts) await part.start?.();
};
const stopPublishing = async (): Promise<void> => {
  for (const part of parts.toReversed()) await part.stop?.(5000);
  parts = [];
};

/** The last record of a key, as a reader that starts anew sees it. */
const lastOf = async <T>(topic: { name: string; decode(bytes: Uint8Array): T }, wanted: string) => {
  const records = await eventLog.read(topic.name, 0, 0, 10_000);
  const own = records.filter((record) => record.key === wanted);
  return own.length === 0 ? undefined : topic.decode(own.at(-1)!.value);
};
const lastServer = (id: string) => lastOf(sendingConfigTopic, sendingConfigKey({ type: 'SERVER', id }));
const lastKey = (id: string) => lastOf(apiKeysTopic, id);

const within = async <T>(ms: number, read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> => {
  const end = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (isSo(value)) return value;
    assert.ok(performance.now() < end, `not within ${ms} ms: ${JSON.stringify(value)}`);
    await sleep(10);
  }
};

before(async () => {
  testDatabase = await freshDatabase();
  database = await createDatabase({ url: testDatabase.url, schema, entities, migrations, applicationName: 'spec' });
  eventLog = await createEventLog({ url: testDatabase.url, applicationName: 'spec' });
  await startPublishing();
});
after(async () => {
  await stopPublishing();
  await eventLog.close();
  await database.close();
  await testDatabase[Symbol.asyncDispose]();
});

describe('publishing', () => {
  it('has a change on the topic well within a second', async () => {
    const row = server();
    await stores.servers.insert(row);
    await within(
      500,
      () => lastServer(row.id),
      (record) => record?.revision === 1,
    );
    await stores.servers.save({ ...row, revision: 2, state: 'INACTIVE' });
    const record = await within(
      500,
      () => lastServer(row.id),
      (last) => last?.revision === 2,
    );
    assert.deepEqual(record, toServerRecord({ ...row, revision: 2, state: 'INACTIVE' }));
  });

  it('publishes at the start what a process before it has changed and not published', async () => {
    await stopPublishing();
    const row = server();
    await storesOf(silent).servers.insert(row);
    await startPublishing();
    await within(
      1000,
      () => lastServer(row.id),
      (record) => record?.revision === 1,
    );
  });
});

describe('repairing a topic', () => {
  it('repeats a server whose late record would make it active again', async () => {
    const row = server();
    await stores.servers.insert(row);
    await stores.servers.save({ ...row, revision: 2, state: 'INACTIVE' });
    await within(
      1000,
      () => lastServer(row.id),
      (last) => last?.revision === 2,
    );
    const late = { partition: 0, key: `server:${row.id}`, value: sendingConfigTopic.encode(toServerRecord(row)) };
    await eventLog.publish(sendingConfigTopic.name, [late]);
    assert.equal((await lastServer(row.id))?.revision, 1);
    await within(
      2000,
      () => lastServer(row.id),
      (last) => last?.revision === 2,
    );
    assert.match(
      await metrics.registry.metrics(),
      /config_repaired_keys_total\{topic="sendpool.sending-config.v1".*\} 1/,
    );
  });

  it('does not let a revoked key come back, also when the late record landed while no process ran', async () => {
    const row = key();
    const revoked = { ...row, revision: 2, revokedAt: new Date() };
    await stores.keys.exclusively(() => ({ save: row, answer: 0 }));
    await stores.keys.exclusively(() => ({ save: revoked, answer: 0 }));
    await within(
      1000,
      () => lastKey(row.id),
      (last) => last?.revoked === true,
    );
    await stopPublishing();
    const late = { partition: 0, key: row.id, value: apiKeysTopic.encode(toKeyRecord(row)) };
    await eventLog.publish(apiKeysTopic.name, [late]);
    assert.equal((await lastKey(row.id))?.revoked, false);
    await startPublishing();
    const last = await within(
      2000,
      () => lastKey(row.id),
      (record) => record?.revoked === true,
    );
    assert.equal(last?.revision, 2);
  });

  it('repeats a key whose last record cannot be read', async () => {
    const row = server();
    await stores.servers.insert(row);
    await within(
      1000,
      () => lastServer(row.id),
      (record) => record?.revision === 1,
    );
    await eventLog.publish(sendingConfigTopic.name, [{ partition: 0, key: `server:${row.id}`, value: '{"oops"' }]);
    await within(
      2000,
      () => lastServer(row.id).catch(() => undefined),
      (record) => record?.revision === 1,
    );
  });

  it('lifts a row of a restored database above what the readers have seen', async () => {
    const row = server();
    await stores.servers.insert(row);
    await within(
      1000,
      () => lastServer(row.id),
      (record) => record?.revision === 1,
    );
    const newer = { ...toServerRecord(row), revision: 9, name: 'after the backup' };
    await eventLog.publish(sendingConfigTopic.name, [
      { partition: 0, key: `server:${row.id}`, value: sendingConfigTopic.encode(newer) },
    ]);
    const record = await within(
      2000,
      () => lastServer(row.id),
      (last) => last?.revision === 10,
    );
    assert.equal(record?.name, row.name);
  });
});
