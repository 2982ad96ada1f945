import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { sendRequestsTopic, type DeliveryEvent, type SendRequest } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { defaultSliceLimits } from '../domain/plan-slice.ts';
import { outcomeEvent } from '../domain/recipient.fixture.ts';
import { defaultRetryPolicy as policy } from '../domain/recipient.ts';
import { createRecordEvents } from '../domain/record-events.ts';
import { createTakeSlice } from '../domain/take-slice.ts';
import { healthy, type Webhook, type WebhookEvent } from '../domain/webhook.ts';
import { createCampaignLifeStore } from './campaign-life.store.ts';
import { createCampaignStore } from './campaign.store.ts';
import { createLaneStore } from './lane.store.ts';
import { createRecordStore } from './record.store.ts';
import { makeSending, schedulerDatabase, type TestDatabase } from './testing.ts';
import { createVerdictStore } from './verdict.store.ts';
import { createWebhookStore } from './webhook.store.ts';

let database: TestDatabase;
before(async () => {
  database = await schedulerDatabase();
});
after(() => database[Symbol.asyncDispose]());
beforeEach(() => database.sql.query('truncate webhook, webhook_delivery, lane, consumed cascade'));

const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };
const secrets = { secret: sealed, previousSecret: null, previousUntil: null };

const makeWebhook = async (events: readonly WebhookEvent[], patch: Partial<Webhook> = {}): Promise<string> => {
  const id = newId();
  const rest = { name: id, url: 'https://example.com/', events, campaignId: null, enabled: true };
  const webhook = { id, ...rest, ...secrets, ...healthy, createdAt: new Date(), revision: 1, ...patch };
  assert.equal(await createWebhookStore(database).insert(webhook, []), 'INSERTED');
  return id;
};

type Body = { type: string; data: Record<string, unknown> & { events: Record<string, unknown>[] } };

const told = async (webhookId: string): Promise<Body[]> => {
  const text = 'select body from webhook_delivery where webhook = $1 order by id';
  const rows = await database.sql.query<{ body: string }>(text, [webhookId]);
  return rows.map(({ body }) => JSON.parse(body) as Body);
};

const statusesOf = async (webhookId: string) =>
  (await told(webhookId)).map(({ type, data }) => [type, data['campaignId'], data['status'], data['reason']]);

const take = async (): Promise<SendRequest[]> => {
  const lanes = createLaneStore(database);
  const lease = (await lanes.acquire(0, 'a'))!;
  const takeSlice = createTakeSlice({ store: lanes, limits: defaultSliceLimits, policy });
  const slice = await takeSlice({ lane: 0, epoch: lease.epoch, produced: lease.lastSequence });
  return slice.kind === 'SLICE' ? slice.records.map((record) => sendRequestsTopic.decode(record) as SendRequest) : [];
};

const record = async (events: readonly DeliveryEvent[]): Promise<number> => {
  const recording = createRecordEvents({ store: createRecordStore(database), policy, random: () => 0.5 });
  const begin = (await recording.assigned([0])).get(0)!;
  const placed = events.map((event, index) => ({ offset: begin + index, event }));
  return recording.record({ partition: 0, next: begin + events.length, events: placed });
};

test('what a lost ledger left in doubt is told with addresses, in messages of 100, to who asked for it', async () => {
  const campaign = await makeSending(database, 250);
  const [all, others, bounces] = [
    await makeWebhook(['UNKNOWN']),
    await makeWebhook(['UNKNOWN'], { campaignId: newId() }),
    await makeWebhook(['BOUNCED', 'EXPIRED']),
  ];
  const requests = await take();
  assert.equal(await record([{ type: 'LOST', lane: 0, upTo: requests.at(-1)!.sequence, at: 7 }]), 250);
  const bodies = await told(all);
  assert.deepEqual(
    bodies.map(({ data }) => data.events.length).sort((one, other) => one - other),
    [50, 100, 100],
  );
  const events = bodies.flatMap(({ data }) => data.events);
  const first = events.find(({ recipient }) => recipient === 3);
  assert.deepEqual(
    [
      first?.['email'],
      first?.['outcome'],
      first?.['reason'],
      first?.['id'],
      first?.['provider'],
      first?.['campaignId'],
    ],
    ['c3@example.com', 'UNKNOWN', 'LEDGER_LOST', `0-${requests[3]!.sequence}-UNKNOWN`, null, campaign.id],
  );
  assert.equal(new Set(events.map(({ id }) => id)).size, 250);
  assert.deepEqual([await told(others), await told(bounces)], [[], []]);
});

test('a recipient that is given up is told once, and not at all when its transaction is not kept', async () => {
  await makeSending(database, 1);
  const webhook = await makeWebhook(['EXPIRED']);
  const [request] = await take();
  const { campaignId, recipient, lane, sequence } = request!;
  const event = outcomeEvent('DEFERRED', { campaignId, recipient, lane, sequence, retryAfterMs: policy.maxAgeMs + 1 });
  const broken = createRecordStore({
    sql: database.sql,
    transaction: (work) =>
      database.transaction(async (tx) => {
        await work(tx);
        throw new Error('the process died');
      }),
  });
  const dying = createRecordEvents({ store: broken, policy, random: () => 0.5 });
  await dying.assigned([0]);
  await assert.rejects(dying.record({ partition: 0, next: 1, events: [{ offset: 0, event }] }), /died/);
  assert.deepEqual(await told(webhook), []);
  await record([event]);
  await record([event]);
  assert.deepEqual(
    (await told(webhook)).flatMap(({ data }) => data.events.map(({ id, reason }) => [id, reason])),
    [[`0-${sequence}-EXPIRED`, 'MAX_AGE']],
  );
});

test('every status that a campaign comes to is told, with its reason and an id of its own', async () => {
  const [all, off, outcomes] = [
    await makeWebhook(['CAMPAIGN_STATUS']),
    await makeWebhook(['CAMPAIGN_STATUS'], { enabled: false }),
    await makeWebhook(['ACCEPTED']),
  ];
  const { id, number } = await makeSending(database, 0);
  const mine = await makeWebhook(['CAMPAIGN_STATUS'], { campaignId: id });
  const campaigns = createCampaignStore(database);
  await createVerdictStore(database).pauseOnce({ id: newId(), campaignIds: [id], words: 'it is the list' });
  await campaigns.change(id, () => ({ ok: true, value: { status: 'SENDING', pausedReason: null } }));
  await campaigns.change(id, () => ({ ok: true, value: { name: 'the same status' } }));
  assert.equal(await createCampaignLifeStore(database).finishIfDone(number, new Date(), 0), true);
  const later = [
    ['campaign.status', id, 'PAUSED', 'it is the list'],
    ['campaign.status', id, 'SENDING', null],
    ['campaign.status', id, 'FINISHED', null],
  ];
  assert.deepEqual(await statusesOf(mine), later);
  assert.deepEqual(await statusesOf(all), [['campaign.status', id, 'SENDING', null], ...later]);
  assert.deepEqual([await told(off), await told(outcomes)], [[], []]);
  const ids = (await told(all)).map(({ data }) => data['id']);
  assert.equal(new Set(ids).size, 4);
});
