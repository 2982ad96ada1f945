/** The scheduler as a whole: GraphQL and uploads in front, a stand-in for the senders behind, a real PostgreSQL below. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  campaignsTopic,
  deliveryEventsTopic,
  senderGroup,
  sendingConfigTopic,
  sendRequestsTopic,
  type CampaignRecord,
  type Outcome,
  type SendRequest,
} from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type Consumer, type EventLog, type Follower } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import {
  createLog,
  createMetrics,
  signRequest,
  startService,
  streamedBody,
  type RunningService,
} from '@sendpool/service';
import { aPool, aServer } from './domain/testing.ts';
import { readSchedulerEnv } from './env.ts';
import { createSchedulerService } from './service.ts';

const secret = 'a secret of at least thirty-two characters';
const actor = { keyId: 'k', role: 'OPERATOR' as const, requestId: 'r' };

let fresh: TestDatabase;
let service: RunningService;
let eventLog: EventLog;
let senders: Consumer;
let follower: Follower;
/** The senders give no outcome before this is resolved. */
let gate: Promise<void> = Promise.resolve();
let outcomeOf: (request: SendRequest) => Outcome = () => 'ACCEPTED';
const published: CampaignRecord[] = [];
const received: SendRequest[] = [];

const answerTo = async (requests: readonly SendRequest[]): Promise<void> => {
  const records = requests.map((request) => ({
    partition: request.lane,
    key: null,
    value: deliveryEventsTopic.encode({
      type: 'OUTCOME',
      lane: request.lane,
      sequence: request.sequence,
      campaignId: request.campaignId,
      recipient: request.recipient,
      tryNumber: request.tryNumber,
      outcome: outcomeOf(request),
      at: Date.now(),
      poolId: 'pool',
      serverId: 'server',
      provider: 'other',
      reply: null,
      bounceClass: null,
      reason: null,
      hops: [],
      latencyMs: 1,
    }),
  }));
  await eventLog.publish(deliveryEventsTopic.name, records);
};

const startSenders = (): Promise<Consumer> =>
  eventLog.consume({
    topic: sendRequestsTopic.name,
    group: senderGroup,
    onAssigned: async (epoch) => {
      await epoch.commit(epoch.partitions.map((partition) => ({ partition, offset: 0, metadata: 'ledger' })));
      return undefined;
    },
    onBatch: async ({ records }) => {
      const requests = records.map((record) => sendRequestsTopic.decode(record.value) as SendRequest);
      received.push(...requests);
      await gate;
      await answerTo(requests);
    },
    onRevoked: async () => undefined,
  });

before(async () => {
  fresh = await freshDatabase();
  const env = readSchedulerEnv({
    HTTP_PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: fresh.url,
    EVENT_LOG_URL: fresh.url,
    INTERNAL_SECRET: secret,
    LANES: '3',
    RETRY_DELAYS_SECONDS: '1',
  });
  const log = createLog({ name: 'scheduler', level: env.LOG_LEVEL });
  const metrics = createMetrics('scheduler');
  const { parts, routes } = await createSchedulerService({ env, log, metrics });
  service = await startService({
    name: 'scheduler',
    http: { host: env.HTTP_HOST, port: env.HTTP_PORT },
    parts,
    log,
    metrics,
    routes,
  });
  eventLog = await createEventLog({ url: fresh.url, applicationName: 'scheduler spec' });
  const config = [aServer(), aPool()].map((value) => ({
    partition: 0,
    key: value.id,
    value: sendingConfigTopic.encode(value),
  }));
  await eventLog.publish(sendingConfigTopic.name, config);
  follower = await eventLog.follow(
    campaignsTopic.name,
    (record) => void published.push(campaignsTopic.decode(record.value)),
  );
  senders = await startSenders();
});

after(async () => {
  await senders.close();
  await follower.close();
  assert.equal(await service.stop(10_000), true);
  await eventLog.close();
  await fresh[Symbol.asyncDispose]();
});

const send = (path: string, body: string, headers: Record<string, string>, signed: Uint8Array): Promise<Response> =>
  fetch(`http://127.0.0.1:${service.port}${path}`, {
    method: 'POST',
    headers: { ...headers, ...signRequest({ target: `POST ${path}`, body: signed, actor }, secret) },
    body,
  });

type Answer = { data: Record<string, any>; errors?: { message: string }[] }; // eslint-disable-line typescript/no-explicit-any

const ask = async (query: string, variables: object = {}): Promise<Answer['data']> => {
  const body = JSON.stringify({ query, variables });
  const answer = (await (
    await send('/graphql', body, { 'content-type': 'application/json' }, Buffer.from(body))
  ).json()) as Answer;
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
};

const refusals = '... on Refused { errors { code message path } }';

const makeAudience = async (contacts: number): Promise<string> => {
  const created = await ask(
    `mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { ... on AudiencePayload { audience { id } } } }`,
    {
      input: { name: `audience ${Math.random()}` },
    },
  );
  const id = created['createAudience'].audience.id as string;
  const rows = Array.from({ length: contacts }, (_, n) => `p${n}@example.com,Ann\n`).join('');
  const answer = await send(
    `/audiences/${id}/contacts`,
    `email,first_name\n${rows}`,
    { 'content-type': 'text/csv' },
    streamedBody,
  );
  assert.equal(answer.status, 200);
  return id;
};

const makeCampaign = async (audienceId: string, poolId = 'pool'): Promise<string> => {
  const created = await ask(
    `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { ... on CampaignPayload { campaign { id status } } ${refusals} } }`,
    {
      input: {
        name: 'Autumn',
        from: { name: 'Shop', address: 'news@example.com' },
        subject: 'Hello {{ first_name }}',
        text: 'Hi',
        audienceId,
        sendingSettings: { poolId },
      },
    },
  );
  return created['createCampaign'].campaign.id as string;
};

const act = async (verb: string, id: string) => {
  const data = await ask(
    `mutation ($input: CampaignInput!) { ${verb}(input: $input) { ... on CampaignPayload { campaign { status } } ${refusals} } }`,
    { input: { id } },
  );
  return data[verb] as { campaign?: { status: string }; errors?: { code: string; message: string }[] };
};

const look = async (id: string) => {
  const fields =
    'status progress { total pending inFlight accepted deferred bounced cancelled deferredThenAccepted done }';
  const data = await ask(`query ($id: ID!) { campaign(id: $id) { ${fields} } }`, { id });
  return data['campaign'] as { status: string; progress: Record<string, number> };
};

const until = async (id: string, status: string): Promise<Record<string, number>> => {
  for (let tries = 0; tries < 200; tries++) {
    const campaign = await look(id);
    if (campaign.status === status) return campaign.progress;
    await sleep(50);
  }
  throw new Error(`never ${status}: ${JSON.stringify(await look(id))}`);
};

test('a campaign goes from an upload to FINISHED, and every recipient is published once', async () => {
  received.length = 0;
  const id = await makeCampaign(await makeAudience(2600));
  assert.deepEqual(await act('startCampaign', id), { campaign: { status: 'PREPARING' } });
  const progress = await until(id, 'FINISHED');
  assert.deepEqual([progress['total'], progress['accepted'], progress['done']], [2600, 2600, 1]);
  assert.equal(received.length, 2600);
  assert.equal(new Set(received.map(({ recipient }) => recipient)).size, 2600);
  assert.ok(new Set(received.map(({ lane }) => lane)).size === 3);
  const newest = () => published.findLast((record) => record.id === id);
  for (let tries = 0; newest()?.status !== 'FINISHED' && tries < 100; tries++) await sleep(20);
  assert.deepEqual([newest()?.revision, newest()?.status], [4, 'FINISHED']);
});

test('a deferred recipient is published again when its time has come', async () => {
  outcomeOf = (request) => (request.recipient % 10 === 0 && request.tryNumber === 1 ? 'DEFERRED' : 'ACCEPTED');
  const id = await makeCampaign(await makeAudience(100));
  await act('startCampaign', id);
  const progress = await until(id, 'FINISHED');
  assert.deepEqual([progress['accepted'], progress['deferredThenAccepted']], [100, 10]);
});

test('a paused campaign publishes nothing until it is resumed; a cancelled one ends what waits', async () => {
  outcomeOf = () => 'ACCEPTED';
  const id = await makeCampaign(await makeAudience(6000));
  const closed = Promise.withResolvers<void>();
  gate = closed.promise;
  await act('startCampaign', id);
  while ((await look(id)).progress['inFlight']! < 3 * 1024) await sleep(20);
  await act('pauseCampaign', id);
  closed.resolve();
  while ((await look(id)).progress['inFlight']! > 0) await sleep(20);
  const paused = await look(id);
  await sleep(300);
  assert.deepEqual(await look(id), paused);
  assert.deepEqual([paused.progress['accepted'], paused.progress['pending']], [3 * 1024, 6000 - 3 * 1024]);
  assert.match((await act('startCampaign', id)).errors?.[0]?.message ?? '', /already PAUSED/);
  const again = Promise.withResolvers<void>();
  gate = again.promise;
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

test('a campaign with a pool that cannot send is refused in words', async () => {
  const id = await makeCampaign(await makeAudience(1), 'another');
  assert.match((await act('startCampaign', id)).errors?.[0]?.message ?? '', /no such pool/);
  assert.equal((await look(id)).status, 'DRAFT');
});

test('a scheduled campaign starts by itself', async () => {
  const id = await makeCampaign(await makeAudience(5));
  const at = new Date(Date.now() + 300).toISOString();
  await ask(`mutation ($input: ScheduleCampaignInput!) { scheduleCampaign(input: $input) { __typename } }`, {
    input: { id, at },
  });
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
