import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshDatabase } from '@sendpool/database/testing';
import type pg from 'pg';
import { createPool, withClient } from './connection.ts';
import { openGroup, readLag, type GroupStore } from './group-store.ts';
import { createSchema } from './schema.ts';
import { createTopics, type Topic } from './topics.ts';

type Place = { pool: pg.Pool; topic: Topic; store: GroupStore } & AsyncDisposable;

const makePlace = async (): Promise<Place> => {
  const database = await freshDatabase();
  const pool = createPool({ url: database.url, applicationName: 'group store spec' });
  await withClient(pool, createSchema);
  const topics = createTopics(pool);
  await topics.ensure([{ name: 'lanes', partitions: 2, cleanup: 'DELETED', retentionMs: 0 }]);
  const topic = await topics.find('lanes');
  const store = await openGroup(pool, topic, ['sender', () => undefined]);
  const dispose = async (): Promise<void> => {
    await pool.end();
    await database[Symbol.asyncDispose]();
  };
  return { pool, topic, store, [Symbol.asyncDispose]: dispose };
};

const positions = async ({ pool, topic }: Place): Promise<(number | undefined)[]> =>
  (await readLag(pool, topic, 'sender')).map((one) => one.position?.offset);

const both = (offset: number) => [0, 1].map((partition) => ({ partition, offset, metadata: '' }));
const options = { sessionMs: 10_000, drainMs: 1000 };

test('a commit that is older than one already stored changes nothing, in no partition', async () => {
  await using place = await makePlace();
  const { store } = place;
  await store.join({ id: 'm', ...options }, undefined);
  const epoch = { memberId: 'm', generation: 1 };
  assert.equal(await store.commit({ ...epoch, number: 1 }, both(1), 1000), true);
  assert.equal(await store.commit({ ...epoch, number: 3 }, [{ partition: 0, offset: 3, metadata: '' }], 1000), true);
  assert.equal(await store.commit({ ...epoch, number: 2 }, both(2), 1000), false);
  assert.deepEqual(await positions(place), [3, 1]);
});

test('a commit of an older generation, or of a member that left, changes nothing', async () => {
  await using place = await makePlace();
  const { store } = place;
  await store.join({ id: 'a', ...options }, undefined);
  assert.equal(await store.commit({ memberId: 'a', generation: 1, number: 1 }, both(1), 1000), true);
  await store.join({ id: 'b', ...options }, undefined);
  assert.equal(await store.commit({ memberId: 'a', generation: 1, number: 2 }, both(2), 1000), true, 'while it drains');
  await store.markReady('a');
  assert.equal(await store.commit({ memberId: 'a', generation: 1, number: 3 }, [both(3)[0]!], 1000), false);
  assert.equal(
    await store.commit({ memberId: 'a', generation: 2, number: 3 }, both(3), 1000),
    false,
    'one of the two is another member´s',
  );
  assert.deepEqual(await positions(place), [2, 2]);
  await store.leave('a');
  assert.equal(await store.commit({ memberId: 'a', generation: 2, number: 4 }, [both(4)[0]!], 1000), false);
  assert.equal(await store.committed({ memberId: 'a', generation: 2 }, 0), 'FENCED');
});

test('a heartbeat of a member that was dropped says so, and one that is known keeps it from being dropped', async () => {
  await using place = await makePlace();
  const { store } = place;
  await store.join({ id: 'a', sessionMs: 100, drainMs: 50 }, undefined);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal((await store.beat('a', 1000)).isKnown, true);
  await store.settle();
  assert.equal((await store.beat('a', 1000)).isKnown, true);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await store.settle();
  assert.equal((await store.beat('a', 1000)).isKnown, false);
});
