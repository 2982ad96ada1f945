import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import type { LeaseStore } from '../domain/lane-leases.ts';
import { createLeaseStore } from './lease.store.ts';
import { schedulerDatabase, type TestDatabase } from './testing.ts';

describe('leases of lanes', () => {
  let database: TestDatabase;
  let leases: LeaseStore;
  before(async () => {
    database = await schedulerDatabase();
    leases = createLeaseStore(database);
  });
  beforeEach(async () => {
    await database.sql.query('truncate lane');
    await leases.ensureLanes(3);
  });
  after(() => database[Symbol.asyncDispose]());

  it('go to the first who asks, and are renewed under the same epoch', async () => {
    const first = await leases.hold('a', 10_000);
    assert.deepEqual(
      first,
      [0, 1, 2].map((lane) => ({ lane, epoch: 1 })),
    );
    assert.deepEqual(await leases.hold('b', 10_000), []);
    assert.deepEqual(await leases.hold('a', 10_000), first);
  });

  it('go to another under a new epoch once they have run out, and the old owner gets none back', async () => {
    await leases.hold('a', 1);
    await sleep(5);
    assert.deepEqual(
      await leases.hold('b', 10_000),
      [0, 1, 2].map((lane) => ({ lane, epoch: 2 })),
    );
    assert.deepEqual(await leases.hold('a', 10_000), []);
  });

  it('that have run out and were taken by nobody stay with their owner', async () => {
    await leases.hold('a', 1);
    await sleep(5);
    assert.deepEqual((await leases.hold('a', 10_000))[0], { lane: 0, epoch: 1 });
  });

  it('are free at once when they are released', async () => {
    await leases.hold('a', 10_000);
    await leases.release('a');
    assert.equal((await leases.hold('b', 10_000)).length, 3);
  });

  it('cover new lanes when their number grows, and leave old ones when it shrinks', async () => {
    await leases.hold('a', 10_000);
    await leases.ensureLanes(5);
    assert.deepEqual(
      (await leases.hold('a', 10_000)).map(({ lane }) => lane),
      [0, 1, 2, 3, 4],
    );
    await leases.ensureLanes(2);
    assert.equal((await leases.hold('a', 10_000)).length, 5);
  });
});
