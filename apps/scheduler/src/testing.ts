/** Scheduler processes as they start for real, over one PostgreSQL, with a stand-in for the senders: what the specs of the whole service begin with. */
import assert from 'node:assert/strict';
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
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type Consumer, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import {
  createLog,
  createMetrics,
  signRequest,
  startService,
  streamedBody,
  type RunningService,
} from '@sendpool/service';
import { outcomeRecord } from '@sendpool/testing';
import { aPool, aServer } from './domain/testing.ts';
import { readSchedulerEnv } from './env.ts';
import { createSchedulerService } from './service.ts';

export const internalSecret = 'a secret of at least thirty-two characters';
const actor = { keyId: 'k', role: 'ADMIN' as const, requestId: 'r' };

type Received = { readonly request: SendRequest; readonly at: number };

/** The senders; they give no outcome before `gate` is resolved. */
type Senders = {
  gate: Promise<void>;
  outcomeOf(request: SendRequest): Outcome;
  readonly received: Received[];
};

const outcomeEvent = ({ lane, sequence, campaignId, recipient, tryNumber }: SendRequest, outcome: Outcome): string =>
  deliveryEventsTopic.encode(
    outcomeRecord({ lane, sequence, campaignId, recipient, tryNumber, outcome, at: Date.now(), serverId: 'server' }),
  );

const answerTo = (eventLog: EventLog, senders: Senders, requests: readonly SendRequest[]): Promise<void> =>
  eventLog.publish(
    deliveryEventsTopic.name,
    requests.map((request) => ({
      partition: request.lane,
      key: null,
      value: outcomeEvent(request, senders.outcomeOf(request)),
    })),
  );

/** Like real ones they drop what they have received before: a re-published slice. */
const startSenders = (eventLog: EventLog, senders: Senders): Promise<Consumer> => {
  const newest = new Map<number, number>();
  return eventLog.consume({
    topic: sendRequestsTopic.name,
    group: senderGroup,
    onAssigned: async (epoch) => {
      await epoch.commit(epoch.partitions.map((partition) => ({ partition, offset: 0, metadata: 'ledger' })));
      return undefined;
    },
    onBatch: async ({ partition, records }) => {
      const requests = records
        .map((record) => sendRequestsTopic.decode(record.value) as SendRequest)
        .filter(({ sequence }) => sequence > (newest.get(partition) ?? -1));
      newest.set(partition, requests.at(-1)?.sequence ?? newest.get(partition) ?? -1);
      const at = Date.now();
      for (const request of requests) senders.received.push({ request, at });
      await senders.gate;
      await answerTo(eventLog, senders, requests);
    },
    onRevoked: async () => undefined,
  });
};

const startReplica = async (url: string, lanes: number): Promise<RunningService> => {
  const env = readSchedulerEnv({
    HTTP_PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: url,
    EVENT_LOG_URL: url,
    INTERNAL_SECRET: internalSecret,
    WEBHOOK_KEY: Buffer.alloc(32, 7).toString('base64'),
    WEBHOOK_ALLOW_PRIVATE: 'true',
    LANES: String(lanes),
    RETRY_DELAYS_SECONDS: '1',
    AFTER_DOT_TIMEOUT_SECONDS: '1',
    UNKNOWN_MARGIN_SECONDS: '1',
  });
  const log = createLog({ name: 'scheduler', level: env.LOG_LEVEL });
  const metrics = createMetrics('scheduler');
  const { parts, routes } = await createSchedulerService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT };
  return startService({ name: 'scheduler', http, parts, log, metrics, routes });
};

type Answer = { data: Record<string, any>; errors?: { message: string; path?: unknown[] }[] }; // eslint-disable-line typescript/no-explicit-any

/** The values of one subscription. Throws with the errors of the first that has any; leaving it ends the stream. */
async function* valuesOf(response: Response): AsyncGenerator<Answer['data'], void> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('event: complete')) return;
      if (!block.startsWith('event: next')) continue;
      const { data, errors } = JSON.parse(block.slice(block.indexOf('data:') + 5)) as Answer;
      assert.equal(errors, undefined, JSON.stringify(errors));
      yield data;
    }
  }
}

const refusals = '... on Refused { errors { code message path } }';

/** One replica as the gateway talks to it. */
const createClient = (port: number) => {
  const send = (
    path: string,
    body: string,
    signed: { headers: Record<string, string>; bytes: Uint8Array },
  ): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        ...signed.headers,
        ...signRequest({ target: `POST ${path}`, body: signed.bytes, actor }, internalSecret),
      },
      body,
    });
  const answerTo = async (query: string, variables: object = {}): Promise<Answer> => {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json' };
    return (await (await send('/graphql', body, { headers, bytes: Buffer.from(body) })).json()) as Answer;
  };
  const ask = async (query: string, variables: object = {}): Promise<Answer['data']> => {
    const answer = await answerTo(query, variables);
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return answer.data;
  };
  const look = async (id: string) => {
    const fields =
      'status progress { total pending inFlight accepted deferred bounced cancelled deferredThenAccepted done }';
    const data = await ask(`query ($id: ID!) { campaign(id: $id) { ${fields} } }`, { id });
    return data['campaign'] as { status: string; progress: Record<string, number> };
  };
  const upload = (audienceId: string, csv: string): Promise<Response> =>
    send(`/audiences/${audienceId}/contacts`, csv, { headers: { 'content-type': 'text/csv' }, bytes: streamedBody });
  return {
    port,
    upload,
    answerTo,
    ask,
    look,
    subscribe: async function* (query: string, variables: object): AsyncGenerator<Answer['data'], void> {
      const body = JSON.stringify({ query, variables });
      const headers = { 'content-type': 'application/json' };
      yield* valuesOf(await send('/graphql/stream', body, { headers, bytes: Buffer.from(body) }));
    },
    makeAudience: async (contacts: number): Promise<string> => {
      const created = await ask(
        `mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { ... on AudiencePayload { audience { id } } } }`,
        { input: { name: `audience ${Math.random()}` } },
      );
      const id = created['createAudience'].audience.id as string;
      const rows = Array.from({ length: contacts }, (_, n) => `p${n}@example.com,Ann\n`).join('');
      const answer = await upload(id, `email,first_name\n${rows}`);
      assert.equal(answer.status, 200);
      return id;
    },
    makeCampaign: async (audienceId: string, poolId = 'pool'): Promise<string> => {
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
    },
    act: async (verb: string, id: string) => {
      const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
      const data = await ask(
        `mutation ($input: ${type}!) { ${verb}(input: $input) { ... on CampaignPayload { campaign { status } } ${refusals} } }`,
        { input: { id } },
      );
      return data[verb] as { campaign?: { status: string }; errors?: { code: string; message: string }[] };
    },
    schedule: async (id: string, at: Date): Promise<void> => {
      await ask(`mutation ($input: ScheduleCampaignInput!) { scheduleCampaign(input: $input) { __typename } }`, {
        input: { id, at: at.toISOString() },
      });
    },
    until: async (id: string, status: string): Promise<Record<string, number>> => {
      for (let tries = 0; tries < 400; tries++) {
        const campaign = await look(id);
        if (campaign.status === status) return campaign.progress;
        await sleep(50);
      }
      throw new Error(`never ${status}: ${JSON.stringify(await look(id))}`);
    },
  };
};

export type Client = ReturnType<typeof createClient>;

/** A system of `replicas` schedulers with a pool that can send. */
export const openWorld = async (options: { replicas: number; lanes: number }) => {
  const opened = new AsyncDisposableStack();
  const { url } = opened.use(await freshDatabase());
  const eventLog = await createEventLog({ url, applicationName: 'scheduler spec' });
  opened.defer(() => eventLog.close());
  const services: RunningService[] = [];
  const start = async (): Promise<Client> => {
    const service = await startReplica(url, options.lanes);
    services.push(service);
    return createClient(service.port);
  };
  const clients: Client[] = [];
  for (let replica = 0; replica < options.replicas; replica++) clients.push(await start());
  opened.defer(async () => {
    for (const service of services) assert.equal(await service.stop(10_000), true);
  });
  await eventLog.publish(
    sendingConfigTopic.name,
    [aServer(), aPool()].map((value) => ({ partition: 0, key: value.id, value: sendingConfigTopic.encode(value) })),
  );
  const published: CampaignRecord[] = [];
  const follower = await eventLog.follow(
    campaignsTopic.name,
    (record) => void published.push(campaignsTopic.decode(record.value)),
  );
  opened.defer(() => follower.close());
  const senders: Senders = { gate: Promise.resolve(), outcomeOf: () => 'ACCEPTED', received: [] };
  const consumer = await startSenders(eventLog, senders);
  opened.defer(() => consumer.close());
  return { url, eventLog, clients, services, start, senders, published, close: () => opened.disposeAsync() };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
