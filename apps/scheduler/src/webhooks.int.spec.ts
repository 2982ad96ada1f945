/** Webhooks as an integrator meets them: two schedulers, a real PostgreSQL, and a receiver that verifies what it gets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rotationVerdictsTopic, type Outcome } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { startReceiver, type Receiver } from './api/webhooks/receiver.fixture.ts';
import { aVerdict } from './domain/testing.ts';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;
let receiver: Receiver;

before(async () => {
  world = await openWorld({ replicas: 2, lanes: 3 });
  client = world.clients[0]!;
  receiver = await startReceiver();
});

after(async () => {
  await receiver[Symbol.asyncDispose]();
  await world.close();
});

const refusals = '... on Refused { errors { code message path } }';

const until = async (what: string, isDone: () => boolean | Promise<boolean>, tries = 300): Promise<void> => {
  for (let left = tries; left > 0; left--) {
    if (await isDone()) return;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
};

const mutate = async (verb: string, input: object, payload: string) => {
  const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
  const data = await client.ask(`mutation ($input: ${type}!) { ${verb}(input: $input) { ${payload} ${refusals} } }`, {
    input,
  });
  return data[verb];
};

const made = '... on WebhookSecretPayload { webhook { id } secret }';

const makeWebhook = async (path: string, input: object = {}): Promise<string> => {
  const fields = { name: `to ${path}`, url: receiver.url(path), events: ['ACCEPTED', 'BOUNCED'], ...input };
  const answer = await mutate('createWebhook', fields, made);
  receiver.secrets.set(path, answer.secret);
  return answer.webhook.id as string;
};

const fields = 'enabled disabledReason failingSince lastError heldUntil previousSecretUntil revision';
const log =
  'deliveries(first: 100) { nodes { id createdAt state attempts nextAttemptAt lastHttpStatus lastAnswer eventCount } }';
const look = async (id: string) =>
  (await client.ask(`query ($id: ID!) { webhook(id: $id) { ${fields} ${log} } }`, { id }))['webhook'];

/** A campaign of `contacts` recipients, whose outcome is that of their number. */
const send = async (
  contacts: number,
  outcomeOf: (recipient: number) => Outcome = () => 'ACCEPTED',
): Promise<string> => {
  world.senders.outcomeOf = ({ recipient, tryNumber }) => (tryNumber === 1 ? outcomeOf(recipient) : 'ACCEPTED');
  const id = await client.makeCampaign(await client.makeAudience(contacts));
  await client.act('startCampaign', id);
  await client.until(id, 'FINISHED');
  return id;
};

const idsAt = (path: string): string[] => receiver.at(path).map(({ id }) => id);

test('each event that was asked for comes once, signed, with its recipient; what was before the webhook does not', async () => {
  await send(50);
  await makeWebhook('/all');
  const id = await send(2000, (recipient) => (recipient % 10 === 0 ? 'BOUNCED' : 'ACCEPTED'));
  await until('2000 events', () => receiver.events('/all').length >= 2000);
  await sleep(1500);
  const events = receiver.events('/all');
  assert.deepEqual([events.length, new Set(events.map((event) => event.id)).size], [2000, 2000]);
  assert.deepEqual(new Set(events.map((event) => event.campaignId)), new Set([id]));
  assert.ok(events.every(({ recipient, email }) => email === `p${recipient}@example.com`));
  assert.equal(events.filter(({ outcome }) => outcome === 'BOUNCED').length, 200);
  const sizes = receiver.received.map(({ message }) => (message.data['events'] as object[]).length);
  assert.ok(Math.max(...sizes) <= 100, `${Math.max(...sizes)} events in a message`);
  assert.deepEqual(receiver.refused, []);
});

test('a webhook of one campaign hears of that one alone, and of a verdict that names it', async () => {
  const audienceId = await client.makeAudience(1);
  const mine = await client.makeCampaign(audienceId);
  const webhookId = await makeWebhook('/mine', { campaignId: mine, events: ['ACCEPTED', 'ROTATION_VERDICT'] });
  const shown = await client.ask('query ($id: ID!) { webhook(id: $id) { campaign { id name } } }', { id: webhookId });
  assert.deepEqual(shown['webhook'].campaign, { id: mine, name: 'Autumn' });
  await send(20);
  const verdicts = [
    aVerdict({ id: 'v1', kind: 'WARN', campaignIds: ['other'] }),
    aVerdict({ id: 'v2', kind: 'WARN', campaignIds: ['other', mine] }),
  ];
  await world.eventLog.publish(
    rotationVerdictsTopic.name,
    verdicts.map((verdict) => ({ partition: 0, key: null, value: rotationVerdictsTopic.encode(verdict) })),
  );
  await client.act('startCampaign', mine);
  await until('two messages', () => receiver.at('/mine').length >= 2);
  await sleep(1000);
  const found = receiver
    .at('/mine')
    .map(({ message: { type, data } }) => [
      type,
      data['id'] ?? (data['events'] as { campaignId: string }[])[0]!.campaignId,
    ]);
  assert.deepEqual(Object.fromEntries(found), { 'delivery.events': mine, 'rotation.verdict': 'v2' });
  assert.equal(found.length, 2);
});

test('a message that was refused is sent again with the same id, and the webhook says what is wrong until it works', async () => {
  const id = await makeWebhook('/broken', { events: ['BOUNCED'] });
  let answered = 0;
  receiver.answers.set('/broken', (response) => {
    answered += 1;
    if (answered > 1) response.writeHead(200).end('thank you');
    else response.writeHead(500).end('the disk is full');
  });
  await send(5, () => 'BOUNCED');
  await until('a failure', async () => (await look(id)).failingSince !== null);
  const failing = await look(id);
  assert.equal(failing.lastError, 'HTTP 500 the disk is full');
  const message = failing.deliveries.nodes.find((node: { lastHttpStatus: number }) => node.lastHttpStatus === 500);
  assert.deepEqual([message.state, message.attempts], ['PENDING', 1]);
  await until('a success', async () =>
    (await look(id)).deliveries.nodes.every((node: { state: string }) => node.state === 'DELIVERED'),
  );
  const whole = await look(id);
  assert.deepEqual([whole.failingSince, whole.lastError], [null, null]);
  const again = whole.deliveries.nodes.find((node: { id: string }) => node.id === message.id);
  assert.deepEqual(
    [again.attempts, again.lastHttpStatus, again.lastAnswer, again.nextAttemptAt],
    [2, 200, 'thank you', null],
  );
  const copies = receiver.received.filter((one) => one.id === message.id);
  assert.equal(copies.length, 2);
  assert.deepEqual(copies[0]!.message, copies[1]!.message);
});

test('410 disables a webhook at once, and nothing more goes there until it is enabled again', async () => {
  const id = await makeWebhook('/gone');
  receiver.answers.set('/gone', (response) => void response.writeHead(410).end());
  await send(3);
  await until('disabled', async () => !(await look(id)).enabled);
  const gone = await look(id);
  assert.deepEqual([gone.disabledReason, gone.revision], ['the receiver answered 410 Gone', 2]);
  const before = receiver.at('/gone').length;
  await send(3);
  await sleep(1500);
  assert.equal(receiver.at('/gone').length, before);
  receiver.answers.delete('/gone');
  const answer = await mutate(
    'updateWebhook',
    { id, enabled: true },
    '... on WebhookPayload { webhook { enabled disabledReason } }',
  );
  assert.deepEqual(answer.webhook, { enabled: true, disabledReason: null });
  const first = receiver.events('/gone').length;
  const campaign = await send(3);
  await until(
    'three events',
    () => receiver.events('/gone').filter(({ campaignId }) => campaignId === campaign).length === 3,
  );
  assert.equal(receiver.events('/gone').length, first + 3, 'what happened meanwhile is not sent');
});

test('a receiver that hangs holds up no other', async () => {
  await makeWebhook('/hangs');
  await makeWebhook('/lives');
  receiver.answers.set('/hangs', () => undefined);
  const began = Date.now();
  await send(300);
  await until('300 events', () => receiver.events('/lives').length === 300);
  assert.ok(Date.now() - began < 10_000, `took ${Date.now() - began} ms`);
  receiver.answers.set('/hangs', (response) => void response.writeHead(410).end());
});

test('with a new secret the one before verifies as well', async () => {
  const id = await makeWebhook('/rotated');
  const old = receiver.secrets.get('/rotated');
  const answer = await mutate('rotateWebhookSecret', { id }, made);
  assert.notEqual(answer.secret, old);
  await send(2);
  await until('two events by the old secret', () => receiver.events('/rotated').length === 2);
  receiver.secrets.set('/rotated', answer.secret);
  await send(2);
  await until('two events by the new secret', () => receiver.events('/rotated').length === 4);
  assert.ok(receiver.at('/rotated').every(({ signatures }) => signatures === 2));
  assert.deepEqual(receiver.refused, []);
  assert.ok(Date.parse((await look(id)).previousSecretUntil) > Date.now() + 23 * 3_600_000);
});

test('a replay sends what was delivered once more, with the same ids', async () => {
  const id = await makeWebhook('/replayed');
  const from = new Date(Date.now() - 60_000).toISOString();
  await send(5);
  await until('five events', () => receiver.events('/replayed').length === 5);
  await until('an empty queue', async () =>
    (await look(id)).deliveries.nodes.every((node: { state: string }) => node.state === 'DELIVERED'),
  );
  const first = idsAt('/replayed');
  const payload = '... on ReplayWebhookPayload { count }';
  assert.deepEqual(await mutate('replayWebhook', { id, from }, payload), { count: first.length });
  await until('everything twice', () => idsAt('/replayed').length === 2 * first.length);
  assert.deepEqual(idsAt('/replayed').slice(first.length).toSorted(), first.toSorted());
  await until('an empty queue', async () =>
    (await look(id)).deliveries.nodes.every((node: { state: string }) => node.state === 'DELIVERED'),
  );
  assert.deepEqual(await mutate('replayWebhook', { id, deliveryIds: [first[0], 'strange'] }, payload), { count: 1 });
  const { errors } = await mutate('replayWebhook', { id }, payload);
  assert.deepEqual(errors[0].path, ['input', 'from']);
});

test('a test says what came back, at once, also of a webhook that is disabled', async () => {
  const id = await makeWebhook('/tested');
  await mutate('updateWebhook', { id, enabled: false }, '... on WebhookPayload { webhook { id } }');
  const payload = '... on TestWebhookPayload { messageId ok httpStatus answer durationMs }';
  receiver.answers.set('/tested', (response) => void response.writeHead(503).end('closed\n\u0000 today'));
  const answer = await mutate('testWebhook', { id }, payload);
  assert.deepEqual([answer.ok, answer.httpStatus, answer.answer], [false, 503, 'closed today']);
  const got = receiver.at('/tested').at(-1);
  assert.deepEqual([got?.id, got?.message.type], [answer.messageId, 'webhook.test']);
});

test('names are unique, inputs are checked, and what is deleted is gone', async () => {
  const id = await makeWebhook('/deleted');
  const taken = await mutate('createWebhook', { name: 'to /deleted', url: receiver.url(), events: ['ACCEPTED'] }, made);
  assert.deepEqual(
    taken.errors.map(({ code, path }: { code: string; path: string[] }) => [code, path]),
    [['CONFLICT', ['input', 'name']]],
  );
  const keyed = { name: 'to /deleted', url: receiver.url(), events: ['ACCEPTED'], idempotencyKey: 'k1' };
  const refused = await mutate('createWebhook', keyed, made);
  assert.deepEqual(refused.errors[0].path, ['input', 'name'], 'also in one transaction with the key');
  const bad = { name: ' ', url: 'http://example.com/', events: [], campaignId: id };
  const { errors } = await mutate('createWebhook', bad, made);
  assert.deepEqual(
    errors.map(({ path }: { path: string[] }) => path[1]),
    ['name', 'url', 'events', 'campaignId'],
  );
  const emptied = await mutate(
    'updateWebhook',
    { id, name: null, enabled: null },
    '... on WebhookPayload { __typename }',
  );
  assert.deepEqual(
    emptied.errors.map(({ path }: { path: string[] }) => path[1]),
    ['name', 'enabled'],
  );
  const { webhook } = await client.ask('query ($id: ID!) { webhook(id: $id) { url host } }', { id });
  assert.deepEqual([webhook.url, webhook.host], [receiver.url('/deleted'), new URL(receiver.url()).host]);
  assert.deepEqual(await mutate('deleteWebhook', { id }, '... on DeleteWebhookPayload { id }'), { id });
  assert.equal(await look(id), null);
  assert.equal(
    (await mutate('deleteWebhook', { id }, '... on DeleteWebhookPayload { id }')).errors[0].code,
    'NOT_FOUND',
  );
  for (const path of ['/one', '/two', '/three']) await makeWebhook(path);
  const { webhooks } = await client.ask('{ webhooks(first: 2) { nodes { name } pageInfo { hasNextPage endCursor } } }');
  assert.deepEqual([webhooks.nodes.length, webhooks.pageInfo.hasNextPage], [2, true]);
});
