import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { seededRandom, sleep } from '@sendpool/kernel';
import { createLog, createMetrics } from '@sendpool/service';
import { createCountEvents, type CountStore } from '../../domain/count-events.ts';
import { checkRecount, type RecountReport } from '../../domain/check-recount.ts';
import { groupSaves } from '../../domain/group-saves.ts';
import { hop, outcome, unknown } from '../../domain/outcome.fixture.ts';
import { createStatsMetrics } from './stats-metrics.ts';
import { createCountStore } from '../../store/count.store.ts';
import { statsDatabase } from '../../store/migrations.ts';
import { createNumbersStore, readEverything } from '../../store/numbers.store.ts';
import { createDeliveryEvents } from './delivery-events.consumer.ts';
import { firstKept, readLane } from './delivery-events.replay.ts';

const lanes = 4;
const log = createLog({ name: 'spec', level: 'error' });

const opened = new AsyncDisposableStack();
let fresh: TestDatabase;
let database: Database;
let eventLog: EventLog;

before(async () => {
  fresh = opened.use(await freshDatabase());
  database = await createDatabase({ ...statsDatabase, url: fresh.url });
  opened.defer(() => database.close());
  eventLog = await createEventLog({ url: fresh.url, applicationName: 'stats spec' });
  opened.defer(() => eventLog.close());
  await eventLog.ensureTopics([
    { name: deliveryEventsTopic.name, partitions: lanes, cleanup: 'DELETED', retentionMs: 0 },
  ]);
});

after(() => opened.disposeAsync());

const publish = (events: readonly DeliveryEvent[]): Promise<void> =>
  eventLog.publish(
    deliveryEventsTopic.name,
    events.map((event) => ({ partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) })),
  );

/** A process of its own as far as the log and the database can tell. `disturb` stands between it and its store. */
const startReplica = async (name: string, disturb: (store: CountStore) => CountStore = (store) => store) => {
  const own = await createDatabase({ ...statsDatabase, url: fresh.url });
  const ownLog = await createEventLog({ url: fresh.url, applicationName: name });
  const counting = createCountEvents(groupSaves(disturb(createCountStore(own))));
  const metrics = createStatsMetrics(createMetrics(name));
  const part = createDeliveryEvents({ eventLog: ownLog, counting, log, metrics });
  await part.start?.();
  return {
    counted: async () => (await metrics.counted.get()).values[0]?.value ?? 0,
    stop: async () => {
      await part.stop?.(5000);
      await ownLog.close();
      await own.close();
    },
  };
};

const readCount = async (): Promise<number> => {
  const positions = await createNumbersStore(database).positions();
  return [...positions.values()].reduce((sum, next) => sum + next, 0);
};

const waitUntilRead = async (): Promise<void> => {
  const bounds = await eventLog.bounds(deliveryEventsTopic.name);
  const end = bounds.reduce((sum, { next }) => sum + next, 0);
  for (let tries = 0; tries < 300 && (await readCount()) < end; tries += 1) await sleep(50);
  assert.equal(await readCount(), end);
};

const recountNow = (): Promise<RecountReport> =>
  checkRecount({
    kept: () => readEverything(database),
    firstKept: () => firstKept(eventLog),
    events: (lane, from, to) => readLane(eventLog, lane, { from, to }),
    now: Date.now,
  });

/** Events with everything that happens: disorder, repetitions, doubts that are settled, hops, releases, gaps. */
const mixedEvents = (random: () => number, firstSequence: number, count: number): DeliveryEvent[] => {
  const events: DeliveryEvent[] = [];
  for (let sequence = firstSequence; sequence < firstSequence + count; sequence += 1) {
    const lane = Math.floor(random() * lanes);
    const facts = { lane, serverId: random() < 0.5 ? 'a' : 'b', campaignId: `c${sequence % 3}` };
    const dice = random();
    const bounce = { outcome: 'BOUNCED', bounceClass: dice < 0.75 ? 'HARD' : 'BLOCK' } as const;
    const result = dice > 0.7 && dice < 0.8 ? bounce : {};
    if (dice < 0.1) events.push(unknown(sequence, { lane }));
    if (dice < 0.05 || dice > 0.1)
      events.push(outcome(sequence, { ...facts, ...result, hops: dice > 0.9 ? [hop('c')] : [] }));
    if (dice > 0.95) events.push(outcome(sequence, { ...facts, outcome: 'BOUNCED', bounceClass: 'HARD' }));
    if (dice > 0.6 && dice < 0.65) events.push(outcome(sequence, facts));
    if (dice > 0.3 && dice < 0.32) events.push({ type: 'GAP', lane, from: sequence + 1, to: sequence + 2, at: 1 });
  }
  return events;
};

/** Numbers of each server from one table, to be compared with those of another one. */
const sumsOf = (columns: string, table: string): Promise<object[]> =>
  database.sql.query(`select server_id, ${columns} from ${table} where server_id <> '' group by 1 order by 1`);

const judgedColumns = ['accepted', 'bounced_hard', 'bounced_block'].map((name) => `sum(${name})::bigint as ${name}`);
const attempted = 'accepted + bounced_hard + bounced_block + bounced_soft + deferred + unknown';

/** All events are of one pool, so its sends, and the attempts of all days, add up to the same as the minutes. */
const assertEqualSends = async (): Promise<void> => {
  const having = 'having sum(accepted + bounced_hard + bounced_block) > 0';
  const byMinute = `(select * from server_minute where server_id in (select server_id from server_minute group by 1 ${having})) n`;
  assert.deepEqual(
    await sumsOf(judgedColumns.join(', '), 'pool_send'),
    await sumsOf(judgedColumns.join(', '), byMinute),
  );
  const days = await sumsOf('sum(attempted)::bigint as attempted', 'server_day');
  const minutes = `(select * from server_minute where ${attempted} <> 0) n`;
  assert.deepEqual(days, await sumsOf(`sum(${attempted})::bigint as attempted`, minutes));
  const [campaigns] = await database.sql.query(
    'select sum(sends)::bigint as sends, sum(bounced)::bigint as bounced from pool_campaign',
  );
  const [pools] = await database.sql.query(`select sum(accepted + bounced_hard + bounced_block)::bigint as sends,
    sum(bounced_hard + bounced_block)::bigint as bounced from pool_send`);
  assert.deepEqual(campaigns, pools);
};

const assertEqualNumbers = async (): Promise<RecountReport> => {
  const report = await recountNow();
  assert.deepEqual(report.differences, []);
  assert.ok(report.kept.accepted > 0);
  await assertEqualSends();
  return report;
};

test('a batch that is read again after a lost answer, and after a lost request, counts once', async () => {
  let saves = 0;
  const replica = await startReplica('fragile', (store) => ({
    ...store,
    save: async (changes) => {
      saves += 1;
      if (saves === 1) throw new Error('the request was lost');
      await store.save(changes);
      if (saves === 2) throw new Error('the answer was lost');
    },
  }));
  await publish(mixedEvents(seededRandom(1), 0, 400));
  await waitUntilRead();
  await replica.stop();
  assert.ok(saves > 2);
  await assertEqualNumbers();
});

test('two replicas that come and go under load count everything once', async () => {
  const random = seededRandom(2);
  const first = await startReplica('first');
  const publishing = (async () => {
    for (let slice = 0; slice < 15; slice += 1) {
      await publish(mixedEvents(random, 1000 + slice * 100, 100));
      await sleep(40);
    }
  })();
  await sleep(150);
  const second = await startReplica('second');
  await publishing;
  await waitUntilRead();
  await publish(mixedEvents(random, 5000, 100));
  await first.stop();
  await publish(mixedEvents(random, 6000, 100));
  await waitUntilRead();
  assert.ok((await second.counted()) > 0);
  await second.stop();
  const report = await assertEqualNumbers();
  assert.equal(report.comparedSince, undefined);
});

test('a record that cannot be read is passed, and what follows is counted', async () => {
  const replica = await startReplica('tolerant');
  await eventLog.publish(deliveryEventsTopic.name, [{ partition: 0, key: null, value: '{"type":"OUTCOME"}' }]);
  await publish([outcome(9000)]);
  await waitUntilRead();
  assert.equal(await replica.counted(), 1);
  await replica.stop();
  await assertEqualNumbers();
});

test('a log that ends before what was counted is read again as a whole, and nothing is counted twice', async () => {
  await database.sql.query('update consumed set next_offset = next_offset + 1000');
  const replica = await startReplica('after a restore of the log');
  const bounds = await eventLog.bounds(deliveryEventsTopic.name);
  const end = bounds.reduce((sum, { next }) => sum + next, 0);
  for (let tries = 0; tries < 100 && (await readCount()) > end; tries += 1) await sleep(50);
  await publish([outcome(9100), outcome(9100, { lane: 1 })]);
  await waitUntilRead();
  assert.ok((await replica.counted()) > 2);
  await replica.stop();
  await assertEqualNumbers();
});

test('numbers that were tampered with are found by the recount', async () => {
  await database.sql.query(`update server_minute set accepted = accepted + 1 where server_id = 'a'`);
  const report = await recountNow();
  assert.deepEqual(
    report.differences.map(({ counter }) => counter),
    ['accepted'],
  );
});
