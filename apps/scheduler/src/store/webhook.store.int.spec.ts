import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '@sendpool/kernel';
import { done } from '../domain/refusal.ts';
import { healthy, maxWebhooks, type LogPlace, type Webhook } from '../domain/webhook.ts';
import type { NewMessage } from '../domain/webhook-messages.ts';
import { healthAfter, type AfterAttempt, type Attempt } from '../domain/webhook-plan.ts';
import type { DueMessage } from '../domain/send-webhooks.ts';
import { makeSending, schedulerDatabase, type TestDatabase } from './testing.ts';
import { createWebhookDeliveryStore } from './webhook-delivery.store.ts';
import { createWebhookEventStore } from './webhook-event.store.ts';
import { createWebhookStore } from './webhook.store.ts';

let database: TestDatabase;
let webhooks: ReturnType<typeof createWebhookStore>;
let deliveries: ReturnType<typeof createWebhookDeliveryStore>;
let events: ReturnType<typeof createWebhookEventStore>;

before(async () => {
  database = await schedulerDatabase();
  webhooks = createWebhookStore(database);
  deliveries = createWebhookDeliveryStore(database);
  events = createWebhookEventStore(database);
});
after(() => database[Symbol.asyncDispose]());
beforeEach(() =>
  database.sql.query('truncate webhook, webhook_start, webhook_position, webhook_delivery, webhook_removed'),
);

const topic = 'events';
const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };
const aWebhook = (patch: Partial<Webhook> = {}): Webhook => {
  const id = newId();
  const rest = { name: id, url: 'https://example.com/', events: ['ACCEPTED' as const], campaignId: null };
  const secrets = { secret: sealed, previousSecret: null, previousUntil: null };
  return { id, ...rest, ...secrets, ...healthy, enabled: true, createdAt: new Date(), revision: 1, ...patch };
};

const insert = async (patch: Partial<Webhook> = {}, from: readonly LogPlace[] = []): Promise<Webhook> => {
  const webhook = aWebhook(patch);
  assert.equal(await webhooks.insert(webhook, from), 'INSERTED');
  return webhook;
};

const none = new Map<string, number>();
const nothing = () => ({ keys: [], messages: () => [] });
const bounds = (...list: [partition: number, first: number, next: number][]) =>
  list.map(([partition, first, next]) => ({ partition, first, next }));

/** `count` messages to each of these, as a batch of the log would bring them. */
const write = async (ids: readonly string[], count: number): Promise<void> => {
  const [[, expected] = []] = await events.positions(topic, bounds([0, 0, 1e6]));
  const messages: NewMessage[] = ids.flatMap((webhookId) =>
    Array.from({ length: count }, () => ({ webhookId, body: '{}', eventCount: 1 })),
  );
  const batch = { topic, partition: 0, expected: expected!, next: expected! + 1 };
  assert.equal(await events.apply(batch, () => ({ keys: [], messages: () => messages })), messages.length);
};

const settle = (message: DueMessage, status: number, after: AfterAttempt): Promise<void> => {
  const attempt: Attempt = { status, text: 'words', retryAfterMs: null };
  return deliveries.settle(message, { attempt, after, health: (one) => healthAfter(one, attempt, new Date()) });
};

const stateOf = async (webhookId: string) =>
  ((await deliveries.page([webhookId], { state: null, first: 100, after: null })).get(webhookId) ?? []).map(
    ({ state, attempts }) => [state, attempts],
  );

test('two that claim at the same time never get the same message, and none is left', async () => {
  const { id } = await insert();
  await write([id], 40);
  const claimed = await Promise.all(Array.from({ length: 10 }, () => deliveries.claim(none, 4)));
  const ids = claimed.flat().map((message) => message.id);
  assert.equal(new Set(ids).size, ids.length);
  for (let left = await deliveries.claim(none, 4); left.length > 0; left = await deliveries.claim(none, 4))
    ids.push(...left.map((message) => message.id));
  assert.deepEqual([ids.length, new Set(ids).size], [40, 40]);
});

test('a webhook gets its share whatever waits for others: less what is under way, and one while it fails', async () => {
  const [busy, failing, idle] = [await insert(), await insert({ failingSince: new Date() }), await insert()];
  const [held, off] = [await insert({ heldUntil: new Date(Date.now() + 60_000) }), await insert({ enabled: false })];
  await write([busy.id, failing.id, idle.id, held.id, off.id], 6);
  const due = await deliveries.claim(new Map([[busy.id, 3]]), 4);
  const countOf = ({ id }: Webhook): number => due.filter(({ webhook }) => webhook.id === id).length;
  assert.deepEqual([busy, failing, idle, held, off].map(countOf), [1, 1, 4, 0, 0]);
  assert.equal((await deliveries.claim(new Map([[busy.id, 9]]), 4)).length, 1 + 2);
});

test('a claim lapses when its process has died; what the dead one says afterwards changes nothing', async () => {
  const { id } = await insert();
  await write([id], 1);
  const [first] = await deliveries.claim(none, 4);
  assert.deepEqual(await deliveries.claim(none, 4), []);
  await database.sql.query(`update webhook_delivery set next_at = now()`);
  const [second] = await deliveries.claim(none, 4);
  assert.deepEqual([second?.id, second?.attempts], [first?.id, 2]);
  await settle(first!, 500, { kind: 'FAILED' });
  assert.deepEqual(await stateOf(id), [['PENDING', 2]]);
  assert.equal((await webhooks.find(id))?.failingSince, null);
  await settle(second!, 200, { kind: 'DELIVERED' });
  assert.deepEqual(await stateOf(id), [['DELIVERED', 2]]);
});

test('a webhook that was disabled by its receiver has a new revision, one that fails has not', async () => {
  const { id } = await insert();
  await write([id], 2);
  const [first, second] = await deliveries.claim(none, 4);
  await settle(first!, 500, { kind: 'RETRY', delayMs: 1000 });
  assert.deepEqual([(await webhooks.find(id))?.revision, (await webhooks.find(id))?.lastError], [1, 'HTTP 500 words']);
  await settle(second!, 410, { kind: 'FAILED' });
  const gone = await webhooks.find(id);
  assert.deepEqual([gone?.revision, gone?.enabled, gone?.disabledReason], [2, false, 'the receiver answered 410 Gone']);
  assert.deepEqual(new Set((await stateOf(id)).map(([state]) => state)), new Set(['FAILED', 'PENDING']));
});

test('positions begin where the first webhook begins, go on from where they are, and begin anew with a log that was lost', async () => {
  await insert({}, [{ topic, partition: 0, offset: 70 }]);
  await insert({}, [{ topic, partition: 0, offset: 50 }]);
  await insert({ enabled: false }, [{ topic, partition: 0, offset: 3 }]);
  const at = async (...list: Parameters<typeof bounds>) => [...(await events.positions(topic, bounds(...list)))];
  assert.deepEqual(await at([0, 0, 100]), [[0, 50]]);
  assert.equal(await events.apply({ topic, partition: 0, expected: 50, next: 90 }, nothing), 0);
  assert.equal(await events.apply({ topic, partition: 0, expected: 50, next: 90 }, nothing), 'MOVED');
  assert.deepEqual(await at([0, 0, 100]), [[0, 90]]);
  assert.deepEqual(await at([0, 95, 100]), [[0, 95]], 'what is not kept any more cannot be read');
  // The log was made anew, and holds 8 records.
  assert.deepEqual(await at([0, 0, 8]), [[0, 0]]);
  await events.apply({ topic, partition: 0, expected: 0, next: 8 }, (subscribers) => {
    assert.deepEqual(
      subscribers.map(({ from }) => from),
      [0, 0],
    );
    return nothing();
  });
  // A lane that came later is read from its beginning.
  assert.deepEqual(await at([1, 0, 5]), [[1, 0]]);
});

test('addresses are those of the recipients; what can be no recipient has none', async () => {
  const campaign = await makeSending(database, 3);
  await insert();
  await events.positions(topic, bounds([0, 0, 10]));
  const keys = [
    { campaignId: campaign.id, recipient: 1 },
    { campaignId: campaign.id, recipient: 99 },
    { campaignId: campaign.id, recipient: 2 ** 40 },
    { campaignId: 'c1', recipient: 0 },
  ];
  let found: ReadonlyMap<string, string> = new Map();
  const work = { keys, messages: (addresses: typeof found) => ((found = addresses), []) };
  await events.apply({ topic, partition: 0, expected: 0, next: 1 }, () => work);
  assert.deepEqual([...found], [[`${campaign.id}:1`, 'c1@example.com']]);
});

test('what waits is told with what is due, and since when, of webhooks that are enabled, answer and are not held', async () => {
  assert.deepEqual(await deliveries.waiting(), { waiting: 0, due: 0, oldestSeconds: 0 });
  const [well, failing] = [await insert(), await insert({ failingSince: new Date() })];
  const [held, off] = [await insert({ heldUntil: new Date(Date.now() + 60_000) }), await insert({ enabled: false })];
  await write([well.id, failing.id, held.id, off.id], 5);
  const set = (id: string, next: string, count: number) =>
    database.sql.query(
      `update webhook_delivery set next_at = ${next} where id in (
         select id from webhook_delivery where webhook = $1 order by next_at desc limit ${count})`,
      [id],
    );
  await set(well.id, `now() + interval '1 hour'`, 2);
  for (const { id } of [failing, held, off]) await set(id, `now() - interval '1 hour'`, 5);
  await database.sql.query(
    `update webhook_delivery set next_at = now() - interval '90 seconds' where id = (
       select id from webhook_delivery where webhook = $1 order by next_at limit 1)`,
    [well.id],
  );
  const { waiting, due, oldestSeconds } = await deliveries.waiting();
  assert.deepEqual([waiting, due], [15, 3]);
  assert.ok(oldestSeconds >= 90 && oldestSeconds < 95, String(oldestSeconds));
  for (const message of await deliveries.claim(none, 4)) await settle(message, 200, { kind: 'DELIVERED' });
  assert.equal((await deliveries.waiting()).due, 4, 'the one that failed answers again');
});

test('what is older than seven days, and what a deleted webhook leaves, is deleted in steps of a thousand', async () => {
  const [kept, deleted] = [await insert(), await insert()];
  await write([kept.id], 3);
  await write([deleted.id], 1500);
  await database.sql.query(
    `update webhook_delivery set at = now() - interval '8 days' where id = (select min(id::text)::uuid from webhook_delivery where webhook = $1)`,
    [kept.id],
  );
  assert.equal(await webhooks.remove(deleted.id), true);
  assert.equal(await webhooks.remove(deleted.id), false);
  assert.equal(await webhooks.find(deleted.id), undefined);
  const left = async (): Promise<number> => (await database.sql.query('select from webhook_delivery')).length;
  assert.deepEqual([await deliveries.sweep(), await left()], [true, 502]);
  assert.deepEqual([await deliveries.sweep(), await left()], [false, 2]);
  assert.equal((await database.sql.query('select from webhook_removed')).length, 0);
});

test('a replay takes what is delivered and given up, of this webhook alone, and not more than ten thousand', async () => {
  const [mine, other] = [await insert(), await insert()];
  await write([mine.id, other.id], 3);
  const due = await deliveries.claim(none, 4);
  for (const message of due) await settle(message, 200, { kind: 'DELIVERED' });
  const from = new Date(Date.now() - 60_000);
  const to = new Date(Date.now() + 60_000);
  assert.equal(await deliveries.replay(mine.id, { from: to, to: new Date(to.getTime() + 1) }), 0);
  assert.equal(await deliveries.replay(mine.id, { from, to }), 3);
  assert.equal(await deliveries.replay(mine.id, { from, to }), 0, 'what waits is left alone');
  const foreign = due.filter(({ webhook }) => webhook.id === other.id).map(({ id }) => id);
  assert.equal(await deliveries.replay(mine.id, { deliveryIds: foreign }), 0);
  await write([other.id], 10_000);
  await database.sql.query(`update webhook_delivery set state = 'FAILED'`);
  assert.equal(await deliveries.replay(other.id, { from, to }), 'TOO_MANY');
});

test('there are no two of one name, and fifty at most', async () => {
  const first = await insert();
  assert.equal(await webhooks.insert(aWebhook({ name: first.name }), []), 'TAKEN');
  const second = await insert();
  const renamed = await webhooks.change(second.id, (webhook) =>
    done({ webhook: { ...webhook, name: first.name }, from: undefined }),
  );
  assert.equal(renamed.ok, false);
  for (let count = 2; count < maxWebhooks; count++) await insert();
  assert.equal(await webhooks.insert(aWebhook(), []), 'FULL');
});
