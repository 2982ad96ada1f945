/** Two stats processes over one database: they share the lanes, count everything once, and either answers for both. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deliveryEventsTopic, senderStatusTopic, type DeliveryEvent } from '@sendpool/contracts';
import { freshDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { createLog, createMetrics, signRequest, startService, type RunningService } from '@sendpool/service';
import { statusRecord } from '@sendpool/testing';
import { outcome } from './domain/outcome.fixture.ts';
import { readStatsEnv } from './env.ts';
import { createStatsService } from './service.ts';

const secret = 'a secret of at least thirty-two characters';
const actor = { keyId: 'k', role: 'READER' as const, requestId: 'r' };
const lanes = 6;

const opened = new AsyncDisposableStack();
let url: string;
let eventLog: EventLog;

/** `counted`: events that this process has counted itself. */
type Replica = { readonly service: RunningService; counted(): Promise<number> };
let replicas: [Replica, Replica];

const startReplica = async (): Promise<Replica> => {
  const env = readStatsEnv({
    HTTP_PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: url,
    EVENT_LOG_URL: url,
    INTERNAL_SECRET: secret,
    LANES: String(lanes),
  });
  const log = createLog({ name: 'stats', level: env.LOG_LEVEL });
  const metrics = createMetrics('stats');
  const { parts, routes } = await createStatsService({ env, log, metrics });
  const http = { host: env.HTTP_HOST, port: env.HTTP_PORT };
  const service = await startService({ name: 'stats', http, parts, log, metrics, routes });
  const counted = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${service.port}/metrics`)).text();
    return Number(/^sendpool_stats_events_counted_total(?:\{.*\})? (\d+)$/m.exec(text)?.[1]);
  };
  return { service, counted };
};

before(async () => {
  ({ url } = opened.use(await freshDatabase()));
  replicas = [await startReplica(), await startReplica()];
  eventLog = await createEventLog({ url, applicationName: 'stats spec' });
  opened.defer(() => eventLog.close());
});

after(async () => {
  for (const { service } of replicas) assert.equal(await service.stop(10_000), true);
  await opened.disposeAsync();
});

const look = async ({ service }: Replica): Promise<string> => {
  const query = `query($of: [_Any!]!) { statsLag { counted behind } _entities(representations: $of) { ... on SendingServer {
    stats(window: LAST_HOUR) { accepted attempted } health { queueDepth senders { senderId } } } } }`;
  const body = Buffer.from(JSON.stringify({ query, variables: { of: [{ __typename: 'SendingServer', id: 'a' }] } }));
  const response = await fetch(`http://127.0.0.1:${service.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signRequest({ target: 'POST /graphql', body, actor }, secret) },
    body,
  });
  return JSON.stringify(((await response.json()) as { data: unknown }).data);
};

const untilBothSay = async (expected: object): Promise<void> => {
  const wanted = JSON.stringify(expected);
  let said: string[] = [];
  for (let tries = 0; tries < 400; tries++) {
    said = await Promise.all(replicas.map(look));
    if (said.every((text) => text === wanted)) return;
    await sleep(50);
  }
  assert.deepEqual(said, [wanted, wanted]);
};

const publish = (from: number, to: number): Promise<void> => {
  const events: DeliveryEvent[] = Array.from({ length: to - from }, (_, index) =>
    outcome(from + index, { lane: index % lanes, at: Date.now() }),
  );
  return eventLog.publish(
    deliveryEventsTopic.name,
    events.map((event) => ({ partition: event.lane, key: null, value: deliveryEventsTopic.encode(event) })),
  );
};

const sayOf = (count: number, senders: readonly string[]): object => ({
  statsLag: { counted: String(count), behind: '0' },
  _entities: [
    {
      stats: { accepted: String(count), attempted: String(count) },
      health: { queueDepth: 3 * senders.length, senders: senders.map((senderId) => ({ senderId })) },
    },
  ],
});

/** Servers' states are forgotten after ten seconds. */
const speak = (senders: readonly string[]): Promise<void> =>
  eventLog.publish(
    senderStatusTopic.name,
    senders.map((source) => ({
      partition: 0,
      key: `${source}:a`,
      value: senderStatusTopic.encode(statusRecord({ source, at: Date.now(), queued: 2, inFlight: 1, connections: 1 })),
    })),
  );

test('both count a part, and either answers with the whole: numbers, and what all senders say', async () => {
  for (let tries = 0; tries < 100; tries++) {
    await publish(tries * 60, tries * 60 + 60);
    if ((await replicas[0].counted()) > 0 && (await replicas[1].counted()) > 0 && tries > 20) break;
    await sleep(50);
  }
  const bounds = await eventLog.bounds(deliveryEventsTopic.name);
  const total = bounds.reduce((sum, { next }) => sum + next, 0);
  await speak(['s1', 's2', 's3']);
  await untilBothSay(sayOf(total, ['s1', 's2', 's3']));
  const shares = await Promise.all(replicas.map(({ counted }) => counted()));
  assert.ok(Math.min(...shares) > 0, String(shares));
  assert.equal(shares[0]! + shares[1]!, total);
});

test('one that stops in mid-work leaves nothing uncounted and nothing counted twice', async () => {
  const before = (await eventLog.bounds(deliveryEventsTopic.name)).reduce((sum, { next }) => sum + next, 0);
  const first = 10_000_000;
  const publishing = (async () => {
    for (let slice = 0; slice < 20; slice++) {
      await publish(first + slice * 60, first + slice * 60 + 60);
      await sleep(25);
    }
  })();
  await sleep(200);
  assert.equal(await replicas[0].service.stop(10_000), true);
  await publishing;
  replicas[0] = await startReplica();
  await speak(['s1']);
  await sleep(500);
  await speak(['s1', 's2', 's3']);
  await untilBothSay(sayOf(before + 1200, ['s1', 's2', 's3']));
});
