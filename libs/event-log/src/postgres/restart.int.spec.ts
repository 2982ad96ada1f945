import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { fragileServer } from '@sendpool/database/testing';
import type { EventLog } from '../port.ts';
import { createPostgresEventLog } from './event-log.ts';

const until = async (isTrue: () => boolean): Promise<void> => {
  for (let waited = 0; !isTrue(); waited += 10) {
    if (waited > 15_000) throw new Error('not in time');
    await sleep(10);
  }
};

/** Keeps the number of records that were acknowledged. */
const write = async (log: EventLog, stop: AbortSignal): Promise<number> => {
  let n = 0;
  for (; !stop.aborted; n++) {
    await log.publish('numbers', [{ partition: n % 2, key: null, value: String(n) }]);
    await log.publish('latest', [{ partition: 0, key: 'n', value: String(n) }]);
    await sleep(5);
  }
  return n;
};

test('writers, groups and followers live through two crashes of the server, and no acknowledged record is lost', async () => {
  await using server = await fragileServer();
  const connect = (applicationName: string): Promise<EventLog> =>
    createPostgresEventLog({ url: server.url, applicationName });
  const [writer, reader] = await Promise.all([connect('writer'), connect('reader')]);
  await writer.ensureTopics([
    { name: 'numbers', partitions: 2, cleanup: 'DELETED', retentionMs: 0 },
    { name: 'latest', partitions: 1, cleanup: 'COMPACTED', retentionMs: 0 },
  ]);
  const seen = new Set<number>();
  let latest = -1;
  await reader.consume({
    topic: 'numbers',
    group: 'readers',
    sessionTimeoutMs: 3000,
    onAssigned: async () => undefined,
    onBatch: async ({ partition, records }, epoch) => {
      for (const { value } of records) seen.add(Number(value.toString()));
      await epoch.commit([{ partition, offset: records.at(-1)!.offset + 1, metadata: '' }]);
    },
    onRevoked: async () => undefined,
  });
  await reader.follow('latest', ({ value }) => {
    latest = Number(value.toString());
  });
  const stop = new AbortController();
  const writing = write(writer, stop.signal);
  for (const downMs of [0, 1000]) {
    const before = seen.size;
    await until(() => seen.size > before + 20);
    await server.crash(downMs);
  }
  const before = seen.size;
  await until(() => seen.size > before + 20);
  stop.abort();
  const written = await writing;
  await until(() => seen.size === written && latest === written - 1);
  assert.deepEqual(
    [...seen].toSorted((one, other) => one - other),
    Array.from({ length: written }, (_, n) => n),
  );
  assert.ok(writer.isReady() && reader.isReady());
  await Promise.all([writer.close(), reader.close()]);
});
