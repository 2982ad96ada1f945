/** The scheduler as a whole: GraphQL and uploads in front, a stand-in for the senders behind, a real PostgreSQL below. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rotationVerdictsTopic, senderStatusTopic } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { statusRecord } from '@sendpool/testing';
import { aVerdict } from './domain/testing.ts';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;

before(async () => {
  world = await openWorld({ replicas: 1, lanes: 3 });
  client = world.clients[0]!;
});

after(() => world.close());

const look = (id: string) => client.look(id);
const until = (id: string, status: string) => client.until(id, status);
const act = (verb: string, id: string) => client.act(verb, id);
const ask = (query: string, variables?: object) => client.ask(query, variables);
const makeAudience = (contacts: number) => client.makeAudience(contacts);
const makeCampaign = (audienceId: string, poolId?: string) => client.makeCampaign(audienceId, poolId);

test('a campaign goes from an upload to FINISHED, and every recipient is published once', async () => {
  const { published, senders } = world;
  const { received } = senders;
  const id = await makeCampaign(await makeAudience(2600));
  assert.deepEqual(await act('startCampaign', id), { campaign: { status: 'PREPARING' } });
  const progress = await until(id, 'FINISHED');
  assert.deepEqual([progress['total'], progress['accepted'], progress['done']], [2600, 2600, 1]);
  assert.equal(received.length, 2600);
  assert.equal(new Set(received.map(({ request }) => request.recipient)).size, 2600);
  assert.ok(new Set(received.map(({ request }) => request.lane)).size === 3);
  const newest = () => published.findLast((record) => record.id === id);
  for (let tries = 0; newest()?.status !== 'FINISHED' && tries < 100; tries++) await sleep(20);
  assert.deepEqual([newest()?.revision, newest()?.status], [4, 'FINISHED']);
});

test('a deferred recipient is published again when its time has come', async () => {
  world.senders.outcomeOf = (request) =>
    request.recipient % 10 === 0 && request.tryNumber === 1 ? 'DEFERRED' : 'ACCEPTED';
  const id = await makeCampaign(await makeAudience(100));
  await act('startCampaign', id);
  const progress = await until(id, 'FINISHED');
  assert.deepEqual([progress['accepted'], progress['deferredThenAccepted']], [100, 10]);
});

test('a paused campaign publishes nothing until it is resumed; a cancelled one ends what waits', async () => {
  world.senders.outcomeOf = () => 'ACCEPTED';
  const id = await makeCampaign(await makeAudience(6000));
  const closed = Promise.withResolvers<void>();
  world.senders.gate = closed.promise;
  await act('startCampaign', id);
  while ((await look(id)).progress['inFlight']! < 3 * 1024) await sleep(20);
  await act('pauseCampaign', id);
  closed.resolve();
  while ((await look(id)).progress['inFlight']! > 0) await sleep(20);
  const paused = await look(id);
  await sleep(300);
  assert.deepEqual(await look(id), paused);
  assert.deepEqual([paused.progress['accepted'], paused.progress['pending']], [3 * 1024, 6000 - 3 * 1024]);
  assert.match((await act('startCampaign', id)).errors?.[0]?.message ?? '', /already PAUSED: resume it$/);
  const again = Promise.withResolvers<void>();
  world.senders.gate = again.promise;
  assert.deepEqual(await act('resumeCampaign', id), { campaign: { status: 'SENDING' } });
  while ((await look(id)).progress['inFlight']! < 1000) await sleep(20);
  await act('cancelCampaign', id);
  again.resolve();
  for (let tries = 0; (await look(id)).progress['done'] !== 1; tries++) {
    assert.ok(tries < 200);
    await sleep(20);
  }
  const { progress } = await look(id);
  assert.equal(progress['accepted']! + progress['cancelled']!, 6000);
  assert.ok(progress['accepted']! >= 3 * 1024 + 1000);
});

test('a campaign whose messages wait in the senders for a limit says which one, until they go on', async () => {
  world.senders.outcomeOf = () => 'ACCEPTED';
  const closed = Promise.withResolvers<void>();
  world.senders.gate = closed.promise;
  const say = (limitedBy: string | null) =>
    world.eventLog.publish(senderStatusTopic.name, [
      { partition: 0, key: 'a', value: senderStatusTopic.encode(statusRecord({ serverId: 'server', limitedBy })) },
    ]);
  const id = await makeCampaign(await makeAudience(10));
  const isToldAs = async (expected: string | null): Promise<void> => {
    let told: unknown;
    for (let tries = 0; tries < 100; tries++) {
      const { campaign } = await ask('query ($id: ID!) { campaign(id: $id) { progress { waitingFor } } }', { id });
      told = campaign.progress.waitingFor;
      if (told === expected) return;
      await sleep(50);
    }
    assert.equal(told, expected);
  };
  await act('startCampaign', id);
  while ((await look(id)).progress['inFlight']! < 10) await sleep(20);
  await isToldAs(null);
  await say('messagesPerMinute');
  await isToldAs('waiting for a limit of messages per minute');
  await say(null);
  await isToldAs(null);
  await say('messagesPerMinute');
  closed.resolve();
  await until(id, 'FINISHED');
  await isToldAs(null);
});

test('a campaign with a pool that cannot send is refused in words', async () => {
  const id = await makeCampaign(await makeAudience(1), 'another');
  assert.match((await act('startCampaign', id)).errors?.[0]?.message ?? '', /no such pool/);
  assert.equal((await look(id)).status, 'DRAFT');
});

const askResend = async (input: object) => {
  const data = await ask(
    `mutation ($input: ResendRecipientsInput!) { resendRecipients(input: $input) {
      ... on ResendPayload { campaign { status revision } resend { actor states named count } }
      ... on Refused { errors { code path } } } }`,
    { input },
  );
  return data['resendRecipients'];
};

test('recipients of unknown outcome are sent to once more when somebody asks, and the campaign finishes again', async () => {
  world.senders.outcomeOf = ({ recipient, tryNumber }) => (recipient < 3 && tryNumber === 1 ? 'UNKNOWN' : 'ACCEPTED');
  const id = await makeCampaign(await makeAudience(20));
  await act('startCampaign', id);
  assert.equal((await until(id, 'FINISHED'))['accepted'], 17);
  const input = { campaignId: id, states: ['UNKNOWN'], idempotencyKey: 'once' };
  const resend = { actor: 'k', states: ['UNKNOWN'], named: null, count: 3 };
  assert.deepEqual(await askResend(input), { campaign: { status: 'SENDING', revision: 5 }, resend });
  assert.deepEqual((await askResend(input)).resend, resend);
  assert.equal((await until(id, 'FINISHED'))['accepted'], 20);
  const copies = world.senders.received.filter(({ request }) => request.campaignId === id);
  assert.equal(copies.length, 23);
  const shown = await ask('query ($id: ID!) { campaign(id: $id) { resends { actor states named count } } }', { id });
  assert.deepEqual(shown['campaign'].resends, [resend]);
  const refused = await askResend({ campaignId: id, idempotencyKey: 'other' });
  assert.deepEqual(refused.errors, [{ code: 'BAD_INPUT', path: ['input', 'states'] }]);
});

const pausedReason = async (id: string): Promise<string | null> =>
  (await ask('query ($id: ID!) { campaign(id: $id) { pausedReason } }', { id }))['campaign'].pausedReason;

test('a bad list pauses its campaigns with the reason, and the same verdict never does it again', async () => {
  world.senders.outcomeOf = () => 'ACCEPTED';
  const closed = Promise.withResolvers<void>();
  world.senders.gate = closed.promise;
  const id = await makeCampaign(await makeAudience(10));
  await act('startCampaign', id);
  while ((await look(id)).progress['inFlight']! < 10) await sleep(20);
  const verdict = aVerdict({ id: 'verdict of a spec', campaignIds: [id] });
  const tell = () => {
    const value = rotationVerdictsTopic.encode(verdict);
    return world.eventLog.publish(rotationVerdictsTopic.name, [{ partition: 0, key: 'pool', value }]);
  };
  await tell();
  await until(id, 'PAUSED');
  assert.equal(await pausedReason(id), verdict.words);
  await act('resumeCampaign', id);
  assert.equal(await pausedReason(id), null);
  await tell();
  await sleep(1000);
  assert.equal((await look(id)).status, 'SENDING');
  closed.resolve();
  assert.equal((await until(id, 'FINISHED'))['accepted'], 10);
});

test('a scheduled campaign starts by itself', async () => {
  const id = await makeCampaign(await makeAudience(5));
  await client.schedule(id, new Date(Date.now() + 300));
  assert.equal((await look(id)).status, 'SCHEDULED');
  assert.equal((await until(id, 'FINISHED'))['accepted'], 5);
});

test('a page of campaigns comes with audiences and progress, forward and by cursor', async () => {
  const query = `query ($after: String) { campaigns(first: 2, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { id name audience { name contactCount } sendingSettings { pool { id } unknownPolicy } progress { total } recipients(first: 1) { nodes { number email state } } } } }`;
  const first = (await ask(query))['campaigns'];
  assert.deepEqual([first.nodes.length, first.pageInfo.hasNextPage], [2, true]);
  assert.deepEqual(first.nodes[0].recipients.nodes, [{ number: 0, email: 'p0@example.com', state: 'ACCEPTED' }]);
  const second = (await ask(query, { after: first.pageInfo.endCursor }))['campaigns'];
  assert.notEqual(second.nodes[0].id, first.nodes[1].id);
});

test('a page of recipients that is refused makes that field null alone, and the campaigns are answered', async () => {
  await makeCampaign(await makeAudience(1));
  const query = '{ campaigns(first: 1) { nodes { id recipients(first: 0) { nodes { number } } } } }';
  const { data, errors } = await client.answerTo(query);
  const [campaign] = data['campaigns'].nodes;
  assert.deepEqual([typeof campaign.id, campaign.recipients], ['string', null]);
  assert.deepEqual(errors?.[0]?.path, ['campaigns', 'nodes', 0, 'recipients']);
});

test('campaigns are asked for by status: forward by cursor among those alone, and none for no status', async () => {
  const ids = [await makeCampaign(await makeAudience(1)), await makeCampaign(await makeAudience(1))];
  await act('cancelCampaign', ids[0]!);
  const query = `query ($statuses: [CampaignStatus!], $after: String) {
    campaigns(statuses: $statuses, first: 1, after: $after) { nodes { id status } pageInfo { hasNextPage endCursor } } }`;
  const seen: Record<string, string> = {};
  for (let [after, more]: [string | null, boolean] = [null, true]; more;) {
    const data: Awaited<ReturnType<typeof ask>> = await ask(query, { statuses: ['DRAFT', 'CANCELLED'], after });
    for (const { id, status } of data['campaigns'].nodes) seen[id] = status;
    ({ endCursor: after, hasNextPage: more } = data['campaigns'].pageInfo);
  }
  assert.deepEqual([seen[ids[0]!], seen[ids[1]!]], ['CANCELLED', 'DRAFT']);
  assert.deepEqual([...new Set(Object.values(seen))].toSorted(), ['CANCELLED', 'DRAFT']);
  assert.deepEqual((await ask(query, { statuses: [] }))['campaigns'].nodes, []);
});
