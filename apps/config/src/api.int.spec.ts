import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiKeysTopic, apiKeyUsesTopic, sendingConfigTopic, type SendingServerConfig } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { hashOf } from './domain/api-key.ts';
import { startHarness, type Harness } from './service-harness.ts';

type Refusal = { errors?: { code: string; message: string; path: string[] | null }[] };
type ServerResult = Refusal & { server?: { id: string; revision: number } };
type Pool = { id: string; members: { server: { name: string }; weight: number; role: string | null; share: number }[] };
type PoolResult = Refusal & { pool?: Pool };
type KeyResult = Refusal & { apiKey?: { id: string } };
type Connection = { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };

const refused = '... on Refused { errors { code message path } }';
const serverAnswer = `... on SendingServerPayload { server { id revision } } ${refused}`;
const poolAnswer = `... on PoolPayload { pool { id members { server { name } weight role share } } } ${refused}`;
const createServerText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${serverAnswer} } }`;
const onServer = (verb: string) =>
  `mutation ($id: ID!) { ${verb}SendingServer(input: { id: $id }) { ${serverAnswer} } }`;
const createPoolText = `mutation ($input: CreatePoolInput!) { createPool(input: $input) { ${poolAnswer} } }`;
const poolText = `query ($id: ID!) { pool(id: $id) { id members { server { name } weight role share } } }`;
const createKeyText = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  ... on CreateApiKeyPayload { apiKey { id } } ${refused} } }`;
const revokeKeyText = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) {
  ... on RevokeApiKeyPayload { apiKey { id } } ${refused} } }`;

let database: TestDatabase;
let harness: Harness;
let eventLog: EventLog;
let sink: Sink;

before(async () => {
  database = await freshDatabase();
  sink = await startSink();
  harness = await startHarness(database.url);
  eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
});
after(async () => {
  await eventLog.close();
  await harness.stop();
  await sink.stop();
  await database[Symbol.asyncDispose]();
});

const createServer = async (change: object = {}): Promise<string> => {
  const base = { name: newId(), host: '127.0.0.1', port: sink.port, tls: 'NONE', fromDomains: ['example.com'] };
  const { server, errors } = await harness.get<ServerResult>(createServerText, { input: { ...base, ...change } });
  assert.ok(server, JSON.stringify(errors));
  return server.id;
};
const verifiedServer = async (name: string): Promise<string> => {
  const id = await createServer({ name });
  await harness.get(onServer('verify'), { id });
  return id;
};
const sharesOf = async (id: string): Promise<number[]> =>
  (await harness.get<Pool>(poolText, { id })).members.map(({ share }) => share);

describe('servers and pools over GraphQL', () => {
  it('shows the shares of a pool, which follow what its servers are at the moment', async () => {
    const [main, second, third] = [await verifiedServer('Main'), await verifiedServer('Second'), await createServer()];
    const members = [
      { serverId: main, weight: 85, role: 'Main delivery' },
      { serverId: second, weight: 15 },
      { serverId: third, weight: 100 },
    ];
    const { pool } = await harness.get<PoolResult>(createPoolText, { input: { name: 'Pool', members } });
    assert.deepEqual(pool?.members.slice(0, 2), [
      { server: { name: 'Main' }, weight: 85, role: 'Main delivery', share: 0.85 },
      { server: { name: 'Second' }, weight: 15, role: null, share: 0.15 },
    ]);
    assert.deepEqual(await sharesOf(pool.id), [0.85, 0.15, 0]);
    await harness.get(onServer('deactivate'), { id: main });
    assert.deepEqual(await sharesOf(pool.id), [0, 1, 0]);
    await harness.get(onServer('activate'), { id: main });
    assert.deepEqual(await sharesOf(pool.id), [0.85, 0.15, 0]);
  });

  it('shows the new shares in the same request that changes a server', async () => {
    const id = await verifiedServer('Alone');
    const members = [{ serverId: id, weight: 1 }];
    const { pool } = await harness.get<PoolResult>(createPoolText, { input: { name: 'Alone', members } });
    const update = `updatePool(input: { id: $pool, name: $name }) { ${poolAnswer} }`;
    const { data } = await harness.ask(
      `mutation ($id: ID!, $pool: ID!, $name: String) {
        before: ${update}
        deactivateSendingServer(input: { id: $id }) { ${serverAnswer} }
        after: ${update}
      }`,
      { id, pool: pool!.id, name: 'Alone' },
    );
    const shares = ['before', 'after'].map((name) => (data?.[name] as PoolResult | undefined)?.pool?.members[0]?.share);
    assert.deepEqual(shares, [1, 0]);
  });

  it('has a deactivation on the topic within a second', async () => {
    const id = await verifiedServer('Off');
    const asked = performance.now();
    await harness.get(onServer('deactivate'), { id });
    const isOff = async (): Promise<boolean> => {
      const records = await eventLog.read(sendingConfigTopic.name, 0, 0, 10_000);
      const last = records.findLast(({ key }) => key === `server:${id}`);
      return (last && (sendingConfigTopic.decode(last.value) as SendingServerConfig))?.state === 'INACTIVE';
    };
    while (!(await isOff())) {
      assert.ok(performance.now() - asked < 1000);
      await sleep(10);
    }
  });

  for (const weight of [1.5, '7', -1, 2_000_000])
    it(`answers a weight of ${JSON.stringify(weight)} with a typed error that says what is wrong`, async () => {
      const members = [{ serverId: await createServer(), weight }];
      const { data, errors } = await harness.ask(createPoolText, { input: { name: newId(), members } });
      const refusal = (data?.['createPool'] as PoolResult | undefined)?.errors?.[0];
      if (Number.isInteger(weight)) {
        assert.deepEqual([refusal?.code, refusal?.path], ['BAD_INPUT', ['input', 'members', '0', 'weight']]);
      } else {
        assert.equal(errors?.[0]?.extensions.code, 'BAD_USER_INPUT');
        assert.match(errors[0].message, /at "input\.members\[0\]\.weight".*Int cannot represent non-integer value$/);
      }
    });

  it('lists servers page by page, each once', async () => {
    for (let number = 0; number < 5; number += 1) await createServer();
    const names: string[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const page: Connection = await harness.get(
        `query ($after: String) { sendingServers(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      names.push(...page.nodes.map(({ name }) => name));
      [more, after] = [page.pageInfo.hasNextPage, page.pageInfo.endCursor];
    }
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length >= 5);
  });

  for (const page of ['first: 0', 'first: 101', 'first: -1', 'after: "x"', 'after: "NQ"', `after: "ImhlbGxvIg"`])
    it(`refuses the page ${page}`, async () => {
      const { errors } = await harness.ask(`{ pools(${page}) { nodes { id } } }`);
      assert.equal(errors?.[0]?.extensions.code, 'BAD_INPUT');
    });

  it('answers null for an id that is not there, also for one that is no id', async () => {
    const text = `{ one: sendingServer(id: "${newId()}") { id } two: pool(id: "' or 1=1") { id } }`;
    assert.deepEqual({ ...(await harness.ask(text)).data }, { one: null, two: null });
  });

  it('resolves the references of other services, and null for those that are gone', async () => {
    const id = await createServer({ name: 'Referenced' });
    const representations = [
      { __typename: 'SendingServer', id },
      { __typename: 'SendingServer', id: newId() },
    ];
    const text = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on SendingServer { name } } }`;
    assert.deepEqual(await harness.get(text, { r: representations }), [{ name: 'Referenced' }, null]);
  });
});

const codeOf = async (text: string, role: 'READER' | 'OPERATOR' | 'ADMIN', variables: object = {}) =>
  (await harness.ask(text, variables, role)).errors?.[0]?.extensions.code;

const listKeys = async <Key>(fields: string): Promise<Key[]> =>
  (await harness.get<{ nodes: Key[] }>(`{ apiKeys { nodes { ${fields} } } }`)).nodes;

const tell = (value: string) => eventLog.publish(apiKeyUsesTopic.name, [{ partition: 0, key: 'k', value }]);

describe('API keys over GraphQL', () => {
  it('has the first key from the environment, and its hash on the topic', async () => {
    const keys = await listKeys<{ prefix: string; role: string }>('prefix role');
    assert.deepEqual(keys, [{ prefix: harness.firstKey.slice(0, 11), role: 'ADMIN' }]);
    const [record] = await eventLog.read(apiKeysTopic.name, 0, 0, 1);
    assert.equal(apiKeysTopic.decode(record!.value).hash, hashOf(harness.firstKey));
  });

  it('keeps the last usable ADMIN key', async () => {
    const [first] = await listKeys<{ id: string }>('id');
    const { errors } = await harness.get<KeyResult>(revokeKeyText, { id: first!.id });
    assert.deepEqual([errors?.[0]?.code, errors?.[0]?.path], ['CONFLICT', ['input', 'id']]);
    const second = await harness.get<KeyResult>(createKeyText, { input: { name: 'Second', role: 'ADMIN' } });
    const answer = await harness.get<KeyResult>(revokeKeyText, { id: second.apiKey!.id });
    assert.equal(answer.apiKey?.id, second.apiKey?.id);
  });

  it('lets two requests at once not revoke the last two ADMIN keys', async () => {
    const [first] = await listKeys<{ id: string }>('id');
    const other = await harness.get<KeyResult>(createKeyText, { input: { name: 'Other', role: 'ADMIN' } });
    const ids = [first!.id, other.apiKey!.id];
    const answers = await Promise.all(ids.map((id) => harness.get<KeyResult>(revokeKeyText, { id })));
    assert.equal(answers.filter(({ errors }) => errors?.[0]?.code === 'CONFLICT').length, 1);
  });

  it('are listed page by page, each once, and at most 100 at a time', async () => {
    await harness.get<KeyResult>(createKeyText, { input: { name: 'One more', role: 'READER' } });
    type KeyPage = { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    const text = '{ apiKeys(first: 1, after: AFTER) { nodes { id } pageInfo { hasNextPage endCursor } } }';
    const all = (await listKeys<{ id: string }>('id')).map(({ id }) => id);
    const walked: string[] = [];
    for (let after = 'null'; after !== '';) {
      const { nodes, pageInfo } = await harness.get<KeyPage>(text.replace('AFTER', after));
      walked.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? JSON.stringify(pageInfo.endCursor) : '';
    }
    assert.ok(all.length >= 3);
    assert.deepEqual(walked, all);
    assert.equal(await codeOf('{ apiKeys(first: 101) { nodes { id } } }', 'ADMIN'), 'BAD_INPUT');
  });

  it('say when they were used last, as the gateways tell', async () => {
    const made = await harness.get<KeyResult>(createKeyText, { input: { name: 'Used', role: 'READER' } });
    const lastUse = async () => {
      const keys = await listKeys<{ id: string; lastUsedAt: string | null }>('id lastUsedAt');
      return keys.find(({ id }) => id === made.apiKey!.id)?.lastUsedAt;
    };
    assert.equal(await lastUse(), null);
    await tell('no record');
    await tell(apiKeyUsesTopic.encode({ id: made.apiKey!.id, at: 1_795_500_000_000 }));
    for (let tries = 0; tries < 300 && (await lastUse()) === null; tries += 1) await sleep(10);
    assert.equal(await lastUse(), '2026-11-24T06:00:00.000Z');
  });

  it('are for ADMINs only, and a READER changes nothing', async () => {
    assert.equal(await codeOf('{ apiKeys { nodes { id } } }', 'OPERATOR'), 'FORBIDDEN');
    assert.equal(await codeOf(createKeyText, 'OPERATOR', { input: { name: 'x', role: 'ADMIN' } }), 'FORBIDDEN');
    assert.equal(await codeOf(onServer('deactivate'), 'READER', { id: newId() }), 'FORBIDDEN');
    assert.equal(await codeOf('{ pools { nodes { id } } }', 'READER'), undefined);
  });

  it('are told who they are, as tokens are', async () => {
    const expiresAt = '2099-01-01T00:00:00.000Z';
    const made = await harness.get<KeyResult>(createKeyText, { input: { name: 'Shop', role: 'READER', expiresAt } });
    const text = '{ viewer { kind id name role expiresAt } }';
    const key = { id: made.apiKey!.id, role: 'READER' } as const;
    const viewer = { kind: 'API_KEY', ...key, name: 'Shop', expiresAt };
    assert.deepEqual({ ...(await harness.get<object>(text, {}, { keyId: key.id, role: 'READER' })) }, viewer);
    const user = { id: 'jwt:Shop', role: 'OPERATOR' } as const;
    const token = { keyId: user.id, role: user.role, expiresAt: Date.parse(expiresAt) };
    const known = { kind: 'USER', ...user, name: null, expiresAt };
    assert.deepEqual({ ...(await harness.get<object>(text, {}, token)) }, known);
  });

  it('answers 401 to a request that the gateway has not signed', async () => {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: '{"query":"{ __typename }"}' };
    assert.equal((await fetch(`${harness.url}/graphql`, request)).status, 401);
  });
});
