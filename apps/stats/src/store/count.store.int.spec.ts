import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import type { Database } from '@sendpool/database';
import { isAppError } from '@sendpool/kernel';
import { createCountEvents, type LaneBatch } from '../domain/count-events.ts';
import { groupSaves } from '../domain/group-saves.ts';
import { hop, outcome, unknown } from '../domain/outcome.fixture.ts';
import { createCountStore } from './count.store.ts';
import { withDatabase } from './database.fixture.ts';
import { createNumbersStore } from './numbers.store.ts';

const batch = (first: number, events: readonly DeliveryEvent[], lane = 0): LaneBatch => ({
  lane,
  first,
  next: first + events.length,
  events: events.map((event, at) => ({ offset: first + at, event })),
});

const acceptedOf = async (database: Database, serverId: string): Promise<number> => {
  const rows = (await createNumbersStore(database).byServer([serverId], undefined)).get(serverId) ?? [];
  return rows.reduce((sum, row) => sum + row.counts.accepted, 0);
};

test('migrations go up, down and up again', () =>
  withDatabase(async ({ source, sql }) => {
    await source.undoLastMigration();
    const columns =
      await sql.query(`select 1 from pg_attribute where attrelid = 'lane'::regclass and attname = 'counted_at'
      and not attisdropped`);
    assert.deepEqual(columns, []);
    await source.undoLastMigration();
    const left = await sql.query(`select 1 from pg_tables where schemaname = 'stats' and tablename <> 'migration'`);
    assert.deepEqual(left, []);
    await source.runMigrations();
    await sql.query('select * from server_minute, pool_send, server_day, verdict');
  }));

test('what was sent today before there were usages is counted as of today', () =>
  withDatabase(async (database) => {
    const { source, sql } = database;
    const counting = createCountEvents(createCountStore(database));
    await counting.assigned([0]);
    const at = Date.now();
    const facts = { at, provider: 'yahoo' };
    await counting.count(
      batch(0, [outcome(0, { at }), outcome(1, { ...facts, outcome: 'DEFERRED' }), outcome(2, facts)]),
    );
    await counting.count(batch(3, [outcome(3, { at: at - 24 * 3_600_000 }), unknown(4, { at })]));
    const before = await sql.query('select server_id, provider, attempted from server_day where day = $1 order by 2', [
      Math.floor(at / 86_400_000),
    ]);
    assert.deepEqual(before, [
      { server_id: 'a', provider: 'gmail', attempted: 1 },
      { server_id: 'a', provider: 'yahoo', attempted: 2 },
    ]);
    await source.undoLastMigration();
    await source.runMigrations();
    const after = await sql.query('select server_id, provider, attempted from server_day order by 2');
    assert.deepEqual(after, before);
  }));

test('a batch adds to minutes and campaigns, and says where to go on', () =>
  withDatabase(async (database) => {
    const store = createCountStore(database);
    const counting = createCountEvents(store);
    assert.deepEqual(
      [...(await counting.assigned([0, 1]))].sort(([a], [b]) => a - b),
      [
        [0, 0],
        [1, 0],
      ],
    );
    await counting.count(
      batch(0, [outcome(0), outcome(1, { serverId: 'b', hops: [hop('a')], latencyMs: 30 }), unknown(2)]),
    );
    await counting.count(batch(0, [outcome(0, { lane: 1 })], 1));
    await counting.count(batch(3, [outcome(2, { latencyMs: 100 })]));

    const numbers = createNumbersStore(database);
    const [ofA] = (await numbers.byServer(['a', 'b'], 0)).get('a') ?? [];
    assert.equal(ofA?.provider, 'gmail');
    assert.deepEqual(
      { accepted: 3, failovers: 1, latencySum: 124, latencyCount: 3, latencyMax: 100 },
      pick(ofA.counts, ['accepted', 'failovers', 'latencySum', 'latencyCount', 'latencyMax']),
    );
    const campaign = (await numbers.byCampaign(['c1'])).get('c1') ?? [];
    assert.deepEqual(
      campaign.map((row) => [row.serverId, row.counts.accepted, row.counts.unknown]),
      [
        ['', 0, 0],
        ['a', 3, 0],
        ['b', 1, 0],
      ],
    );
    const [minute] = (await numbers.minutes(['a'], 0)).get('a') ?? [];
    assert.equal(minute?.at, 960_000);
    assert.deepEqual(
      [...(await numbers.positions())].sort(([a], [b]) => a - b),
      [
        [0, 4],
        [1, 1],
      ],
    );
  }));

const pick = <Name extends string>(from: Record<Name, number>, names: readonly Name[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

test('a batch that was saved by a process that died before it knew is counted once', () =>
  withDatabase(async (database) => {
    const dying = createCountEvents(createCountStore(database));
    await dying.assigned([0]);
    await dying.count(batch(0, [outcome(0), unknown(1)]));
    const next = createCountEvents(createCountStore(database));
    assert.deepEqual([...(await next.assigned([0]))], [[0, 2]]);
    assert.deepEqual(await next.count(batch(0, [outcome(0), unknown(1), outcome(2)])), { events: 1, missed: 0 });
    assert.equal(await acceptedOf(database, 'a'), 2);
  }));

test('of two processes that hold the same lane only one can count, and the other learns it', () =>
  withDatabase(async (database) => {
    const zombie = createCountEvents(createCountStore(database));
    const owner = createCountEvents(createCountStore(database));
    await zombie.assigned([0]);
    await owner.assigned([0]);
    await owner.count(batch(0, [outcome(0), outcome(1)]));
    await assert.rejects(zombie.count(batch(0, [outcome(0)])), (error) => isAppError(error, 'CONFLICT'));
    assert.equal(await acceptedOf(database, 'a'), 2);
    assert.deepEqual([...(await zombie.assigned([0]))], [[0, 2]]);
  }));

test('a refused position leaves nothing of the other lanes of its group behind', () =>
  withDatabase(async (database) => {
    const counting = createCountEvents(groupSaves(createCountStore(database)));
    await counting.assigned([0, 1, 2]);
    await database.sql.query('update consumed set next_offset = 9 where topic = $1 and partition = 2', [
      deliveryEventsTopic.name,
    ]);
    const results = await Promise.allSettled([
      counting.count(batch(0, [outcome(0)])),
      counting.count(batch(0, [outcome(0, { lane: 1 })], 1)),
      counting.count(batch(0, [outcome(0, { lane: 2 })], 2)),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    assert.equal(await acceptedOf(database, 'a'), 1);
  }));

test('an UNKNOWN still moves after a restart', () =>
  withDatabase(async (database) => {
    const before = createCountEvents(createCountStore(database));
    await before.assigned([0]);
    await before.count(batch(0, [unknown(7)]));
    const after = createCountEvents(createCountStore(database));
    await after.assigned([0]);
    await after.count(batch(1, [outcome(7)]));
    const [none] = (await createNumbersStore(database).byCampaign(['c1'])).get('c1') ?? [];
    assert.equal(none?.serverId, '');
    assert.equal(none?.counts.unknown, 0);
    assert.equal(await acceptedOf(database, 'a'), 1);
  }));

test('records that the log had dropped before they were read are reported', () =>
  withDatabase(async (database) => {
    const counting = createCountEvents(createCountStore(database));
    await counting.assigned([0]);
    assert.deepEqual(await counting.count(batch(5, [outcome(9)])), { events: 1, missed: 5 });
  }));

test('old minutes are dropped and campaigns stay', () =>
  withDatabase(async (database) => {
    const counting = createCountEvents(createCountStore(database));
    await counting.assigned([0]);
    await counting.count(batch(0, [outcome(0), outcome(1, { at: 9_000_000 })]));
    const numbers = createNumbersStore(database);
    assert.equal(await numbers.dropMinutes(5_000_000), 1);
    assert.equal((await numbers.minutes(['a'], 0)).get('a')?.length, 1);
    assert.equal(await acceptedOf(database, 'a'), 2);
  }));
