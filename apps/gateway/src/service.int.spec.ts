/** The whole gateway on a real event log, over stand-ins of the services that answer with the real schemas and check the real signatures. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { apiKeysTopic, type ApiKeyRecord } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { createSubgraph } from '@sendpool/graphql';
import { sleep } from '@sendpool/kernel';
import {
  createMetrics,
  signRequest,
  startService,
  verifyRequest,
  type Part,
  type Route,
  type RunningService,
} from '@sendpool/service';
import { readGatewayEnv } from './env.ts';
import { createGatewayService } from './service.ts';

const secret = 's'.repeat(32);
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const start = (
  name: string,
  { parts, routes }: { parts: Part[]; routes: Route[] },
  metrics = createMetrics(name),
): Promise<RunningService> =>
  startService({
    name,
    http: { host: '127.0.0.1', port: 0 },
    parts,
    routes,
    log: silent,
    metrics,
  });

const startSubgraph = async (name: string, resolvers: object): Promise<RunningService> => {
  const door = await createSubgraph({
    typeDefs: readFileSync(new URL(`../../${name}/schema.graphql`, import.meta.url), 'utf8'),
    resolvers,
    actorOf: (req, body) => verifyRequest(req, body, { secret }),
    log: silent,
  });
  return start(name, { parts: [door.part], routes: door.routes });
};

const server = (id: string) => ({ id, name: `server ${id}`, host: 'mail.example.com' });
const configResolvers = {
  Query: {
    sendingServers: () => ({ nodes: ['a', 'b'].map(server), edges: [], pageInfo: {} }),
    apiKeys: () => ({ nodes: [], edges: [], pageInfo: {} }),
  },
  SendingServer: { __resolveReference: ({ id }: { id: string }) => server(id) },
};
const statsResolvers = {
  Query: { statsLag: () => ({ counted: 3, behind: 0 }) },
  SendingServer: {
    __resolveReference: ({ id }: { id: string }) => ({ id }),
    health: () => ({ queueDepth: 7, deferredWaiting: 0, senders: [] }),
  },
};

const keyRecord = (text: string, change: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id: text,
  revision: 1,
  name: text,
  role: 'READER',
  hash: createHash('sha256').update(text).digest('hex'),
  expiresAt: null,
  revoked: false,
  ...change,
});

const post = async (port: number, headers: Record<string, string>, body: string) => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  const res = await fetch(`http://127.0.0.1:${port}/graphql`, init);
  const text = await res.text();
  const answer = JSON.parse(text) as { data?: unknown; errors?: { path: unknown; extensions: { code: string } }[] };
  return { status: res.status, text, ...answer };
};

describe('the gateway with its services', () => {
  let database: TestDatabase;
  let eventLog: EventLog;
  let config: RunningService;
  let stats: RunningService;
  let gateway: RunningService;

  const publish = (record: ApiKeyRecord): Promise<void> =>
    eventLog.publish(apiKeysTopic.name, [{ partition: 0, key: record.id, value: apiKeysTopic.encode(record) }]);

  before(async () => {
    database = await freshDatabase();
    eventLog = await createEventLog({ url: database.url, applicationName: 'test' });
    const { name, cleanup, retentionMs } = apiKeysTopic;
    await eventLog.ensureTopics([{ name, cleanup, retentionMs, partitions: 1 }]);
    await publish(keyRecord('reader'));
    await publish(keyRecord('admin', { role: 'ADMIN' }));
    await publish(keyRecord('expired', { expiresAt: Date.now() - 1 }));
    await publish(keyRecord('leaked'));
    config = await startSubgraph('config', configResolvers);
    stats = await startSubgraph('stats', statsResolvers);
    const env = readGatewayEnv({
      HTTP_PORT: '0',
      EVENT_LOG_URL: database.url,
      INTERNAL_SECRET: secret,
      CONFIG_URL: `http://127.0.0.1:${config.port}`,
      SCHEDULER_URL: 'http://127.0.0.1:9',
      STATS_URL: `http://127.0.0.1:${stats.port}`,
    });
    const metrics = createMetrics('gateway');
    gateway = await start('gateway', await createGatewayService({ env, log: silent, metrics }), metrics);
  });
  after(async () => {
    for (const service of [gateway, config, stats]) await service.stop(5000);
    await eventLog.close();
    await database[Symbol.asyncDispose]();
  });

  const ask = (key: string | undefined, query: string) =>
    post(gateway.port, key === undefined ? {} : { authorization: `Bearer ${key}` }, JSON.stringify({ query }));

  it('counts requests by operation and code, and questions to the services by how they ended', async () => {
    await ask('reader', '{ sendingServers { nodes { name } } }');
    await ask('reader', '{ campaigns { nodes { name } } }');
    await ask('reader', 'no operation at all');
    const text = await (await fetch(`http://127.0.0.1:${gateway.port}/metrics`)).text();
    const requests = 'sendpool_graphql_requests_total';
    for (const line of [
      `${requests}{operation="query",code="OK",service="gateway"} [1-9]`,
      `${requests}{operation="query",code="UNAVAILABLE",service="gateway"} [1-9]`,
      `${requests}{operation="none",code="GRAPHQL_PARSE_FAILED",service="gateway"} [1-9]`,
      'sendpool_gateway_upstream_request_duration_seconds_count{.*upstream="config",result="ANSWERED"} [1-9]',
      'sendpool_gateway_upstream_request_duration_seconds_count{.*upstream="scheduler",result="FAILED"} [1-9]',
    ])
      assert.match(text, new RegExp(`^${line}`, 'm'));
  });

  it('joins config and stats by the composed schema', async () => {
    const { data, errors } = await ask(
      'reader',
      '{ sendingServers { nodes { name health { queueDepth } } } statsLag { counted } }',
    );
    assert.equal(errors, undefined);
    const nodes = ['a', 'b'].map((id) => ({ name: `server ${id}`, health: { queueDepth: 7 } }));
    assert.deepEqual(data, { sendingServers: { nodes }, statsLag: { counted: '3' } });
  });

  it('answers alike without a key and with a wrong, a revoked or an expired one', async () => {
    assert.equal((await ask('leaked', '{ statsLag { counted } }')).status, 200);
    await publish(keyRecord('leaked', { revision: 2, revoked: true }));
    for (let tries = 0; tries < 200 && (await ask('leaked', '{ statsLag { counted } }')).status === 200; tries += 1)
      await sleep(20);
    const answers = await Promise.all(
      [undefined, 'wrong', 'expired', 'leaked', keyRecord('reader').hash].map((key) =>
        ask(key, '{ statsLag { counted } }'),
      ),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal(answers[0]?.errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
  });

  it('lets a service judge the role of the key', async () => {
    assert.equal((await ask('reader', '{ apiKeys { nodes { id } } }')).errors?.[0]?.extensions.code, 'FORBIDDEN');
    assert.deepEqual((await ask('admin', '{ apiKeys { nodes { id } } }')).data, { apiKeys: { nodes: [] } });
  });

  it('leaves only the fields of a service that is down empty', async () => {
    const { data, errors, text } = await ask('reader', '{ statsLag { counted } campaigns { nodes { id } } }');
    assert.ok(!text.includes('127.0.0.1') && !text.includes('ECONN'), text);
    assert.deepEqual(data, { statsLag: { counted: '3' }, campaigns: null });
    assert.deepEqual(
      errors?.map(({ path, extensions }) => [path, extensions.code]),
      [[['campaigns'], 'UNAVAILABLE']],
    );
    const list = '{ sendingServers { nodes { name health { queueDepth } } } }';
    await stats.stop(1000);
    const partial = await ask('reader', list);
    const nodes = ['a', 'b'].map((id) => ({ name: `server ${id}`, health: null }));
    assert.deepEqual(partial.data, { sendingServers: { nodes } });
    assert.ok(
      partial.errors?.every(({ extensions }) => extensions.code === 'UNAVAILABLE'),
      partial.text,
    );
  });

  it('is the only one that its services answer: unsigned, stale and changed requests are refused', async () => {
    const body = JSON.stringify({ query: '{ apiKeys { nodes { id } } }' });
    const actor = { keyId: 'k', role: 'ADMIN', requestId: 'r' } as const;
    const sign = (now: number) => signRequest({ target: 'POST /graphql', body: Buffer.from(body), actor }, secret, now);
    assert.equal((await post(config.port, sign(Date.now()), body)).status, 200);
    assert.equal((await post(config.port, {}, body)).status, 401);
    assert.equal((await post(config.port, { authorization: 'Bearer admin' }, body)).status, 401);
    assert.equal((await post(config.port, sign(Date.now() - 61_000), body)).status, 401);
    assert.equal((await post(config.port, sign(Date.now()), `${body} `)).status, 401);
  });
});
