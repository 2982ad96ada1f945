/** The whole gateway on a real event log, over stand-ins of the services that answer with the real schemas and check the real signatures. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { signRequest } from '@sendpool/service';
import { keyRecord, publishKey, secret, startScene, type Answer, type Scene } from './scene.fixture.ts';

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

const counted = '{ statsLag { counted } }';

describe('the gateway with its services', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene(
      { SCHEDULER_URL: 'http://127.0.0.1:9' },
      {
        resolvers: { config: configResolvers, stats: statsResolvers },
        keys: [keyRecord('expired', { expiresAt: Date.now() - 1 }), keyRecord('leaked')],
      },
    );
  });
  after(() => scene.stop());

  const ask = (query: string, key: string | null = 'READER'): Promise<Answer> => scene.ask({ query }, key);

  /** Asks a service itself, past the gateway. */
  const askConfig = (headers: Record<string, string>, text: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${scene.services.config.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    });

  it('counts requests by operation and code, and questions to the services by how they ended', async () => {
    await ask('{ sendingServers { nodes { name } } }');
    await ask('{ campaigns { nodes { name } } }');
    await ask('no operation at all');
    const text = await (await fetch(`${scene.origin}/metrics`)).text();
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
      '{ sendingServers { nodes { name health { queueDepth } } } statsLag { counted } }',
    );
    assert.equal(errors, undefined);
    const nodes = ['a', 'b'].map((id) => ({ name: `server ${id}`, health: { queueDepth: 7 } }));
    assert.deepEqual(data, { sendingServers: { nodes }, statsLag: { counted: '3' } });
  });

  it('answers alike without a key and with a wrong, a revoked or an expired one', async () => {
    assert.equal((await ask(counted, 'leaked')).status, 200);
    await publishKey(scene.eventLog, keyRecord('leaked', { revision: 2, revoked: true }));
    for (let tries = 0; tries < 200 && (await ask(counted, 'leaked')).status === 200; tries += 1) await sleep(20);
    const answers = await Promise.all(
      [null, 'wrong', 'expired', 'leaked', keyRecord('READER').hash].map((key) => ask(counted, key)),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal(answers[0]?.errors?.[0]?.extensions['code'], 'UNAUTHENTICATED');
  });

  it('lets a service judge the role of the key', async () => {
    assert.equal((await ask('{ apiKeys { nodes { id } } }')).errors?.[0]?.extensions['code'], 'FORBIDDEN');
    assert.deepEqual((await ask('{ apiKeys { nodes { id } } }', 'ADMIN')).data, { apiKeys: { nodes: [] } });
  });

  it('leaves only the fields of a service that is down empty', async () => {
    const { data, errors, text } = await ask('{ statsLag { counted } campaigns { nodes { id } } }');
    assert.ok(!text.includes('127.0.0.1') && !text.includes('ECONN'), text);
    assert.deepEqual(data, { statsLag: { counted: '3' }, campaigns: null });
    assert.deepEqual(
      errors?.map(({ path, extensions }) => [path, extensions['code']]),
      [[['campaigns'], 'UNAVAILABLE']],
    );
    const list = '{ sendingServers { nodes { name health { queueDepth } } } }';
    await scene.services.stats.stop(1000);
    const partial = await ask(list);
    const nodes = ['a', 'b'].map((id) => ({ name: `server ${id}`, health: null }));
    assert.deepEqual(partial.data, { sendingServers: { nodes } });
    assert.ok(
      partial.errors?.every(({ extensions }) => extensions['code'] === 'UNAVAILABLE'),
      partial.text,
    );
  });

  it('is the only one that its services answer: unsigned, stale and changed requests are refused', async () => {
    const body = JSON.stringify({ query: '{ apiKeys { nodes { id } } }' });
    const actor = { keyId: 'k', role: 'ADMIN', requestId: 'r' } as const;
    const sign = (now: number) => signRequest({ target: 'POST /graphql', body: Buffer.from(body), actor }, secret, now);
    assert.equal((await askConfig(sign(Date.now()), body)).status, 200);
    assert.equal((await askConfig({}, body)).status, 401);
    assert.equal((await askConfig({ authorization: 'Bearer admin' }, body)).status, 401);
    assert.equal((await askConfig(sign(Date.now() - 61_000), body)).status, 401);
    assert.equal((await askConfig(sign(Date.now()), `${body} `)).status, 401);
  });
});
