import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deliveryEventsTopic, senderStatusTopic, type ServerStatus } from '@sendpool/contracts';
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { createLog, createMetrics, signRequest, startService, type RunningService } from '@sendpool/service';
import { outcome, unknown, hop } from './domain/outcome.fixture.ts';
import { readStatsEnv } from './env.ts';
import { createStatsService } from './service.ts';
import { statsDatabase } from './store/migrations.ts';

const secret = 'a secret of at least thirty-two characters';
const actor = { keyId: 'k', role: 'READER' as const, requestId: 'r' };

const opened = new AsyncDisposableStack();
let fresh: TestDatabase;
let service: RunningService;
let eventLog: EventLog;
let database: Database;

before(async () => {
  fresh = opened.use(await freshDatabase());
  const env = readStatsEnv({
    HTTP_PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: fresh.url,
    EVENT_LOG_URL: fresh.url,
    INTERNAL_SECRET: secret,
    LANES: '2',
  });
  const log = createLog({ name: 'stats', level: env.LOG_LEVEL });
  const metrics = createMetrics('stats');
  const { parts, routes } = await createStatsService({ env, log, metrics });
  service = await startService({
    name: 'stats',
    http: { host: env.HTTP_HOST, port: env.HTTP_PORT },
    parts,
    log,
    metrics,
    routes,
  });
  opened.defer(async () => assert.equal(await service.stop(10_000), true));
  eventLog = await createEventLog({ url: fresh.url, applicationName: 'stats spec' });
  opened.defer(() => eventLog.close());
  database = await createDatabase({ ...statsDatabase, url: fresh.url });
  opened.defer(() => database.close());
});

after(() => opened.disposeAsync());

type Answer = { data: Record<string, unknown>; errors?: { message: string; extensions: { code: string } }[] };

const ask = async (query: string, variables: object = {}): Promise<Answer> => {
  const body = Buffer.from(JSON.stringify({ query, variables }));
  const response = await fetch(`http://127.0.0.1:${service.port}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signRequest({ target: 'POST /graphql', body, actor }, secret),
    },
    body,
  });
  return (await response.json()) as Answer;
};

const entities = async (typename: string, ids: readonly string[], fields: string): Promise<unknown[]> => {
  const query = `query($of: [_Any!]!) { _entities(representations: $of) { ... on ${typename} { ${fields} } } }`;
  const answer = await ask(query, { of: ids.map((id) => ({ __typename: typename, id })) });
  assert.equal(answer.errors, undefined);
  return answer.data['_entities'] as unknown[];
};

const waitFor = async (isDone: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 200 && !(await isDone()); tries += 1) await sleep(25);
  assert.ok(await isDone());
};

const publish = (events: readonly { lane: number }[]): Promise<void> =>
  eventLog.publish(
    deliveryEventsTopic.name,
    events.map((event) => ({ partition: event.lane, key: null, value: JSON.stringify(event) })),
  );

const hasCounted = (count: number) => async () => {
  const { data } = await ask('{ statsLag { counted behind } }');
  return JSON.stringify(data['statsLag']) === JSON.stringify({ counted: String(count), behind: '0' });
};

const runRecount = async (): Promise<{ code: number; text: string }> => {
  const command = fileURLToPath(new URL('recount.ts', import.meta.url));
  const child = spawn(process.execPath, [command], {
    env: { ...process.env, DATABASE_URL: fresh.url, EVENT_LOG_URL: fresh.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'exit')) as [number];
  return { code, text: Buffer.concat(chunks).toString() };
};

test('events in the log become numbers of servers and campaigns', async () => {
  const at = Date.now();
  const accepted = Array.from({ length: 96 }, (_, sequence) => outcome(sequence, { at, lane: 1 }));
  const bounced = [96, 97, 98, 99].map((sequence) =>
    outcome(sequence, { at, lane: 1, outcome: 'BOUNCED', bounceClass: 'BLOCK', provider: 'yahoo' }),
  );
  await publish([...accepted, ...bounced, outcome(0, { at, serverId: 'b', hops: [hop('a')] }), unknown(1, { at })]);
  await waitFor(hasCounted(102));
  const fields = `stats(window: LAST_HOUR) { window attempted accepted bounced bouncesByClass { hard block soft } bounceRate failovers
    exceedsBounceLimit bounceVerdict { words judgedRate sends needed significant } latency { meanMs maxMs } byProvider { provider attempted bounced } }`;
  const [a, b, c] = (await entities('SendingServer', ['a', 'b', 'c'], fields)) as { stats: unknown }[];
  assert.deepEqual(a?.stats, {
    window: 'LAST_HOUR',
    attempted: '100',
    accepted: '96',
    bounced: '4',
    bouncesByClass: { hard: '0', block: '4', soft: '0' },
    bounceRate: 0.04,
    failovers: '1',
    exceedsBounceLimit: false,
    bounceVerdict: {
      words: '4 % over 100 sends: not yet significant, 10 % needed at this volume',
      judgedRate: 0.04,
      sends: '100',
      needed: 0.1,
      significant: false,
    },
    latency: { meanMs: 12, maxMs: 12 },
    byProvider: [
      { provider: 'gmail', attempted: '96', bounced: '0' },
      { provider: 'yahoo', attempted: '4', bounced: '4' },
    ],
  });
  assert.equal((b!.stats as { accepted: string }).accepted, '1');
  assert.equal((c!.stats as { bounceRate: number | null }).bounceRate, null);
  const [campaign] = await entities(
    'Campaign',
    ['c1'],
    'serverStats { server { id } attempted failovers exceedsBounceLimit }',
  );
  assert.deepEqual(campaign, {
    serverStats: [
      { server: null, attempted: '1', failovers: '0', exceedsBounceLimit: false },
      { server: { id: 'a' }, attempted: '100', failovers: '1', exceedsBounceLimit: false },
      { server: { id: 'b' }, attempted: '1', failovers: '0', exceedsBounceLimit: false },
    ],
  });
});

test('minutes are one row each, the newest first', async () => {
  const [server] = (await entities('SendingServer', ['a'], 'minutes(last: 5) { at accepted bounced }')) as {
    minutes: { at: string; accepted: string }[];
  }[];
  assert.equal(server?.minutes.length, 5);
  assert.equal(
    server.minutes.reduce((sum, minute) => sum + Number(minute.accepted), 0),
    96,
  );
  assert.ok(server.minutes[0]!.at > server.minutes[4]!.at);
});

test('more minutes than a day has are refused', async () => {
  const query =
    'query($of: [_Any!]!) { _entities(representations: $of) { ... on SendingServer { minutes(last: 1441) { at } } } }';
  const answer = await ask(query, { of: [{ __typename: 'SendingServer', id: 'a' }] });
  assert.match(answer.errors?.[0]?.message ?? '', /from 1 to 1440/);
});

const readHealth = () =>
  entities(
    'SendingServer',
    ['a'],
    `health { queueDepth deferredWaiting senders { senderId breaker breakerUntil
    connectionShare connectionPlan rateFactor limitedBy limitedProvider } }`,
  );

test('health shows what senders and schedulers say', async () => {
  const at = Date.now();
  const statuses: ServerStatus[] = [
    {
      type: 'SENDER',
      source: 's1',
      serverId: 'a',
      at,
      queued: 4,
      inFlight: 3,
      connections: 3,
      breaker: 'OPEN',
      breakerUntil: at + 5000,
      lastError: 'connection refused',
      connectionShare: 3,
      connectionPlan: 2,
      rateFactor: 0.7,
      limitedBy: 'gmail messagesPerDay',
      failovers: 2,
    },
    { type: 'SCHEDULER', source: 'x', serverId: 'a', at, deferredWaiting: 10 },
  ];
  await eventLog.publish(
    senderStatusTopic.name,
    statuses.map((status) => ({
      partition: 0,
      key: `${status.source}:${status.serverId}`,
      value: senderStatusTopic.encode(status),
    })),
  );
  const expected = {
    health: {
      queueDepth: 17,
      deferredWaiting: 10,
      senders: [
        {
          senderId: 's1',
          breaker: 'OPEN',
          breakerUntil: new Date(at + 5000).toISOString(),
          connectionShare: 3,
          connectionPlan: 2,
          rateFactor: 0.7,
          limitedBy: 'MESSAGES_PER_DAY',
          limitedProvider: 'gmail',
        },
      ],
    },
  };
  await waitFor(async () => JSON.stringify(await readHealth()) === JSON.stringify([expected]));
});

test('the recount command finds the numbers equal, and ends with 1 when they are not', async () => {
  const equal = await runRecount();
  assert.equal(equal.code, 0, equal.text);
  assert.match(equal.text, /102 delivery events of 2 lanes were counted again/);
  await database.sql.query(`update campaign_server set deferred = deferred + 3 where server_id = 'b'`);
  const different = await runRecount();
  assert.equal(different.code, 1);
  assert.match(different.text, /campaign=c1 server=b provider=gmail deferred: kept 3, recounted 0/);
});

test('a request that the gateway did not sign is refused', async () => {
  const response = await fetch(`http://127.0.0.1:${service.port}/graphql`, { method: 'POST', body: '{}' });
  assert.equal(response.status, 401);
});
