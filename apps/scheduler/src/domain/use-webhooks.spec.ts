import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, newId } from '@sendpool/kernel';
import { createReplayWebhook, createTestWebhook, type ReplayInput, type TestWebhookDeps } from './use-webhooks.ts';
import { healthy, type ReplayChoice, type Webhook } from './webhook.ts';

const sealed = { keyId: 'k', iv: 'i', data: 'd', tag: 't' };
const webhook: Webhook = {
  ...healthy,
  id: newId(),
  name: 'Shop',
  url: 'https://example.com/',
  events: ['ACCEPTED'],
  campaignId: null,
  secret: sealed,
  previousSecret: null,
  previousUntil: null,
  enabled: false,
  createdAt: new Date(0),
  revision: 1,
};
const webhooks = { find: async (id: string) => (id === webhook.id ? webhook : undefined) };

const testing = (post: TestWebhookDeps['post']) => createTestWebhook({ webhooks, post, now: () => 1000 })(webhook.id);

test('a webhook whose secret does not open is refused in words; any other fault stays one', async () => {
  const result = await testing(async () => {
    throw new AppError('DECRYPTION_FAILED', 'no key');
  });
  assert.deepEqual(result.ok ? [] : result.errors.map(({ code }) => code), ['CONFLICT']);
  await assert.rejects(
    testing(async () => {
      throw new Error('a bug');
    }),
    /a bug/,
  );
});

test('a test sends the id and the name of the webhook, and no address of anybody', async () => {
  const bodies: string[] = [];
  const result = await testing(async (_, { body }) => {
    bodies.push(body);
    return { status: 204, text: '', retryAfterMs: null };
  });
  assert.equal(result.ok && result.value.ok, true);
  assert.deepEqual(JSON.parse(bodies[0]!), {
    type: 'webhook.test',
    timestamp: '1970-01-01T00:00:01.000Z',
    data: { webhookId: webhook.id, name: 'Shop' },
  });
});

const nothing: ReplayInput = { deliveryIds: null, from: null, to: null };

test('a replay names either messages or a time, and nothing strange reaches the store', async () => {
  const chosen: ReplayChoice[] = [];
  const log = {
    replay: async (_: string, choice: ReplayChoice) => {
      chosen.push(choice);
      return 1;
    },
  };
  let woken = 0;
  const replay = createReplayWebhook({ webhooks, log, due: () => void (woken += 1) });
  const pathOf = async (input: Partial<ReplayInput>, id = webhook.id) => {
    const result = await replay(id, { ...nothing, ...input });
    return result.ok ? result.value.count : result.errors[0]!.path?.[1];
  };
  const [early, late] = [new Date(1000), new Date(2000)];
  assert.equal(await pathOf({}), 'from');
  assert.equal(await pathOf({ to: late }), 'from');
  assert.equal(await pathOf({ from: late, to: early }), 'to');
  assert.equal(await pathOf({ deliveryIds: [] }), 'deliveryIds');
  assert.equal(await pathOf({ deliveryIds: Array.from({ length: 1001 }, () => webhook.id) }), 'deliveryIds');
  assert.equal(await pathOf({ deliveryIds: [webhook.id], from: early }), 'deliveryIds');
  assert.equal(await pathOf({ from: early }, newId()), 'id');
  assert.equal(woken, 0);
  assert.equal(await pathOf({ deliveryIds: [webhook.id, `'; drop table webhook`] }), 1);
  assert.equal(await pathOf({ from: early, to: late }), 1);
  assert.deepEqual(chosen, [{ deliveryIds: [webhook.id] }, { from: early, to: late }]);
  assert.equal(woken, 2);
});
