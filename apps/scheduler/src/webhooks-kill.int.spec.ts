/** Schedulers that are killed with kill -9 while they turn the log into messages: each event is in exactly one message, and reaches the receiver. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { startReceiver } from './api/webhooks/receiver.fixture.ts';
import { endsOfLog } from './api/webhooks/webhook-events.consumer.ts';
import { outcomeEvent } from './domain/recipient.fixture.ts';
import { healthy } from './domain/webhook.ts';
import { schedulerDatabase, type TestDatabase } from './store/testing.ts';
import { createWebhookStore } from './store/webhook.store.ts';
import { createSecretKeeper } from './webhook-secrets.ts';

const key = Buffer.alloc(32, 7);
const lanes = 2;
const main = fileURLToPath(new URL('main.ts', import.meta.url));

const startScheduler = (url: string): ChildProcess =>
  spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      HTTP_PORT: '0',
      LOG_LEVEL: 'error',
      DATABASE_URL: url,
      EVENT_LOG_URL: url,
      INTERNAL_SECRET: 'a secret of at least thirty-two characters',
      WEBHOOK_KEY: key.toString('base64'),
      WEBHOOK_ALLOW_PRIVATE: 'true',
      LANES: String(lanes),
    },
  });

const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
};

const makeWebhook = async (database: TestDatabase, eventLog: EventLog, url: string): Promise<string> => {
  const keeper = createSecretKeeper({ WEBHOOK_KEY: key, WEBHOOK_KEY_PREVIOUS: undefined });
  const [id, secret] = [newId(), keeper.newSecret()];
  const secrets = { secret: keeper.seal(secret, id), previousSecret: null, previousUntil: null };
  const rest = { name: url, url, events: ['ACCEPTED' as const], campaignId: null, createdAt: new Date(), revision: 1 };
  await createWebhookStore(database).insert(
    { id, ...rest, ...healthy, ...secrets, enabled: true },
    await endsOfLog(eventLog),
  );
  return secret;
};

const publish = (eventLog: EventLog, lane: number, from: number, count: number): Promise<void> =>
  eventLog.publish(
    deliveryEventsTopic.name,
    Array.from({ length: count }, (_, index) => ({
      partition: lane,
      key: null,
      value: deliveryEventsTopic.encode(outcomeEvent('ACCEPTED', { lane, sequence: from + index })),
    })),
  );

/** Both halves of the work take long, so that a kill is likely to fall between them. */
const slowDown = async ({ sql }: TestDatabase): Promise<void> => {
  await sql.query(`
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.4); return null; end $$`);
  for (const what of ['insert on webhook_delivery', 'update on webhook_position'])
    await sql.query(`create trigger dawdle after ${what} for each statement execute function dawdle()`);
};

/** Ids of the events in all messages that were written down, and how often each is there. */
const stored = async (database: TestDatabase): Promise<Map<string, number>> => {
  const rows = await database.sql.query<{ body: string }>('select body from webhook_delivery');
  const counts = new Map<string, number>();
  for (const { body } of rows)
    for (const { id } of (JSON.parse(body) as { data: { events: { id: string }[] } }).data.events)
      counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

test(
  'each event is in exactly one message for each webhook, whoever is killed when',
  { timeout: 180_000 },
  async () => {
    await using database = await schedulerDatabase();
    await using receiver = await startReceiver();
    const eventLog = await createEventLog({ url: database.url, applicationName: 'webhooks spec' });
    const schedulers = [startScheduler(database.url), startScheduler(database.url)];
    try {
      while ((await eventLog.bounds(deliveryEventsTopic.name).catch(() => [])).length < lanes) await sleep(100);
      receiver.secrets.set('/', await makeWebhook(database, eventLog, receiver.url()));
      await slowDown(database);
      let sent = 0;
      const over = new AbortController();
      const publishing = (async () => {
        for (; !over.signal.aborted; sent += 10) {
          for (let lane = 0; lane < lanes; lane++) await publish(eventLog, lane, sent, 10);
          await sleep(100);
        }
      })();
      for (let kills = 0; kills < 3; kills++) {
        const before = (await stored(database)).size;
        while ((await stored(database)).size < before + 100) await sleep(50);
        await sleep(Math.random() * 300);
        await kill(schedulers.shift()!, 'SIGKILL');
        schedulers.push(startScheduler(database.url));
      }
      over.abort();
      await publishing;
      while ((await stored(database)).size < sent * lanes) await sleep(200);
      // As if the time of the claims were over that the dead have left.
      await database.sql.query(`update webhook_delivery set next_at = now() where state = 'PENDING'`);
      const arrived = () => new Set(receiver.events('/').map(({ id }) => id));
      while (arrived().size < sent * lanes) await sleep(200);
      const counts = await stored(database);
      assert.deepEqual([counts.size, [...counts.values()].filter((count) => count > 1).length], [sent * lanes, 0]);
      assert.deepEqual(receiver.refused, []);
    } finally {
      for (const child of schedulers) await kill(child, 'SIGTERM');
      await eventLog.close();
    }
  },
);
