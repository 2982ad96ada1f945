/** Cursors of delivery events over both event logs: they hold over processes, and are known to be of another log. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createDatabase } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { isAppError, newId, sleep } from '@sendpool/kernel';
import type { EventPage } from '../../domain/event-pager.ts';
import { cursorOf } from '../../domain/event-places.ts';
import { outcome } from '../../domain/outcome.fixture.ts';
import { createLiveDeliveryEvents } from './delivery-events.live.ts';

const lanes = 3;

/** A log behind the name of the delivery events; `topic`: where it really lies. */
const openAs = async (url: string, topic: string) => {
  const eventLog = await createEventLog({ url, applicationName: 'cursor spec', onWarning: () => undefined });
  await eventLog.ensureTopics([{ name: topic, partitions: lanes, cleanup: 'DELETED', retentionMs: 0 }]);
  const aliased: Pick<EventLog, 'bounds' | 'read' | 'tail'> = {
    bounds: () => eventLog.bounds(topic),
    read: (_, ...place) => eventLog.read(topic, ...place),
    tail: (options) => eventLog.tail({ ...options, topic }),
  };
  const { page, stream, part } = createLiveDeliveryEvents({ eventLog: aliased });
  const end = new AbortController();
  const ask = (after: string | null) => ({ after, matches: () => true, signal: end.signal });
  return {
    write: (sequences: readonly number[]) =>
      eventLog.publish(
        topic,
        sequences.map((sequence) => {
          const event = outcome(sequence, { lane: sequence % lanes });
          return { partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) };
        }),
      ),
    page: (after: string | null): Promise<EventPage> => page(ask(after), 100),
    /** The next page of a stream, and no more of it. */
    streamed: async (after: string | null): Promise<EventPage> => {
      for await (const found of await stream(ask(after))) return found;
      throw new Error('the stream has ended');
    },
    close: async (): Promise<void> => {
      end.abort();
      await part.stop?.(1000);
      await eventLog.close();
    },
  };
};

type Log = Awaited<ReturnType<typeof openAs>>;

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const sequencesOf = ({ events }: EventPage): number[] =>
  events.map(({ event }) => event.sequence).sort((a, b) => a - b);

/** Everything behind a cursor, and the cursor at its end. */
const readAll = async ({ page }: Log, after: string): Promise<{ seen: number[]; cursor: string }> => {
  const seen: number[] = [];
  for (let cursor = after; ;) {
    const found = await page(cursor);
    if (cursorOf(found.to) === cursor) return { seen: seen.sort((a, b) => a - b), cursor };
    seen.push(...sequencesOf(found));
    cursor = cursorOf(found.to);
  }
};

const isOfAnotherLog = (error: unknown): boolean =>
  isAppError(error, 'CURSOR_EXPIRED') && error.message.startsWith('This cursor is of another event log');

const describeCursors = (name: string, findUrl: () => Promise<string>): void =>
  void describe(`cursors of delivery events on ${name}`, { timeout: 60_000 }, () => {
    const opened = new AsyncDisposableStack();
    after(() => opened.disposeAsync());
    const open = async (topic: string): Promise<Log> => {
      const log = await openAs(await findUrl(), topic);
      opened.defer(log.close);
      return log;
    };

    test('hold for another process, those of pages as those of streams', async () => {
      const topic = `cursors-${newId()}`;
      const one = await open(topic);
      const begin = cursorOf((await one.page(null)).to);
      const streaming = one.streamed(null);
      await sleep(500);
      await one.write(numbers(0, 30));
      const live = cursorOf((await streaming).to);
      const { seen, cursor } = await readAll(one, begin);
      assert.deepEqual(seen, numbers(0, 30));
      const other = await open(topic);
      await one.write(numbers(30, 30));
      assert.deepEqual((await readAll(other, cursor)).seen, numbers(30, 30));
      assert.equal(
        sequencesOf(await other.streamed(cursor)).every((sequence) => sequence >= 30),
        true,
      );
      assert.deepEqual((await readAll(other, live)).seen.slice(-30), numbers(30, 30));
    });

    test('are refused by another log behind the same name that has as many records, also cursors of now', async () => {
      const [one, other] = [await open(`cursors-${newId()}`), await open(`cursors-${newId()}`)];
      await one.write(numbers(0, 30));
      const streaming = one.streamed(null);
      await sleep(500);
      const now = cursorOf((await one.page(null)).to);
      await one.write(numbers(30, 3));
      const cursors = [now, cursorOf((await one.page(now)).to), cursorOf((await streaming).to)];
      await other.write(numbers(0, 60));
      for (const cursor of cursors) {
        await assert.rejects(other.page(cursor), isOfAnotherLog);
        await assert.rejects(other.streamed(cursor), isOfAnotherLog);
        await one.page(cursor);
      }
    });
  });

const databases = new AsyncDisposableStack();
after(() => databases.disposeAsync());
let made: Promise<string> | undefined;
describeCursors('PostgreSQL', () => (made ??= freshDatabase().then((fresh) => databases.use(fresh).url)));

test('after a restore in PostgreSQL cursors of before the backup hold, and those of after it do not, however much was written since', async () => {
  await using opened = new AsyncDisposableStack();
  const { url } = opened.use(await freshDatabase());
  const before = await openAs(url, 'restored');
  const database = await createDatabase({
    url,
    schema: 'event_log',
    migrations: [],
    poolSize: 1,
    applicationName: 'spec',
  });
  opened.defer(before.close);
  opened.defer(database.close);
  await before.write(numbers(0, 30));
  const old = cursorOf((await before.page(null)).to);
  for (const table of ['log_batch', 'log_partition'])
    await database.sql.query(`create table backup_${table} as table ${table}`);
  await before.write(numbers(30, 9));
  const newer = cursorOf((await before.page(null)).to);
  for (const table of ['log_batch', 'log_partition']) {
    await database.sql.query(`delete from ${table}`);
    await database.sql.query(`insert into ${table} table backup_${table}`);
  }
  const restored = await openAs(url, 'restored');
  opened.defer(restored.close);
  await restored.write(numbers(60, 30));
  assert.deepEqual((await readAll(restored, old)).seen, numbers(60, 30));
  await assert.rejects(restored.page(newer), isOfAnotherLog);
});

const broker = process.env['SENDPOOL_TEST_KAFKA']?.split(',')[0];
if (broker === undefined)
  test('cursors of delivery events on Kafka', {
    skip: process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set',
  });
else describeCursors('Kafka', async () => `kafka://${broker}?replication=1&minInsync=1`);
