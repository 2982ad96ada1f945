/** Mutations that come twice with one key, through the door of the whole service. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendingConfigTopic } from '@sendpool/contracts';
import { createEventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { startHarness, type Harness } from './service-harness.ts';

const openLog = async () => {
  const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
  return { read: eventLog.read, [Symbol.asyncDispose]: () => eventLog.close() };
};

let database: TestDatabase;
let config: Harness;

before(async () => {
  database = await freshDatabase();
  config = await startHarness(database.url);
});
after(async () => {
  await config.stop();
  await database[Symbol.asyncDispose]();
});

type Result = Record<string, { id: string }> & {
  secret?: string;
  errors?: { code: string; message: string; path: string[] }[];
};

const payloads: Record<string, string> = {
  createSendingServer: '... on SendingServerPayload { server { id revision } }',
  createPool: '... on PoolPayload { pool { id } }',
  createApiKey: '... on CreateApiKeyPayload { apiKey { id } secret }',
};

const mutate = (name: string, input: object): Promise<Result> => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
  const refusals = '... on Refused { errors { code message path } }';
  const text = `mutation ($input: ${type}!) { ${name}(input: $input) { ${payloads[name]} ${refusals} } }`;
  return config.get<Result>(text, { input });
};

const server = {
  name: 'Relay',
  host: 'smtp.example.com',
  port: 587,
  password: 'secret',
  username: 'u',
  fromDomains: ['example.com'],
};

const faultOf = ({ errors }: Result): unknown[] => [errors?.[0]?.code, errors?.[0]?.path.join('.')];

test('a server and a pool with keys are made once, also when they come many at once', async () => {
  const makings = Array.from({ length: 6 }, () => mutate('createSendingServer', { ...server, idempotencyKey: 's' }));
  const ids = new Set((await Promise.all(makings)).map((made) => made['server']?.id));
  assert.deepEqual([ids.size, ids.has(undefined as never)], [1, false]);
  const input = { name: 'Pool', members: [{ serverId: [...ids][0], weight: 1 }], idempotencyKey: 's' };
  const [one, two] = [await mutate('createPool', input), await mutate('createPool', input)];
  assert.equal(one['pool']!.id, two['pool']!.id);
  const lists = await config.ask('{ sendingServers { nodes { id } } pools { nodes { id } } }');
  const { sendingServers, pools } = lists.data as unknown as Record<string, { nodes: object[] }>;
  assert.deepEqual([sendingServers!.nodes.length, pools!.nodes.length], [1, 1]);
});

test('another input with the key is a conflict, a refused one leaves it free, and no key may be empty', async () => {
  const other = await mutate('createSendingServer', { ...server, password: 'other', idempotencyKey: 's' });
  assert.deepEqual(faultOf(other), ['CONFLICT', 'input.idempotencyKey']);
  const taken = await mutate('createSendingServer', { ...server, idempotencyKey: 't' });
  assert.deepEqual(faultOf(taken), ['CONFLICT', 'input.name']);
  const made = await mutate('createSendingServer', { ...server, name: 'Second', idempotencyKey: 't' });
  assert.ok(made['server']?.id);
  const empty = await mutate('createSendingServer', { ...server, name: 'Third', idempotencyKey: '' });
  assert.deepEqual(faultOf(empty), ['BAD_INPUT', 'input.idempotencyKey']);
});

test('an API key is made once, and its text is shown once', async () => {
  const input = { name: 'Integration', role: 'READER', idempotencyKey: 'k' };
  const made = await mutate('createApiKey', input);
  assert.ok(made.secret);
  const again = await mutate('createApiKey', input);
  assert.deepEqual(faultOf(again), ['CONFLICT', 'input.idempotencyKey']);
  assert.match(again.errors![0]!.message, new RegExp(made['apiKey']!.id));
  assert.doesNotMatch(JSON.stringify(again), /sp_/);
  const keys = await config.ask('{ apiKeys { nodes { name } } }');
  const { nodes } = (keys.data as unknown as { apiKeys: { nodes: { name: string }[] } }).apiKeys;
  assert.equal(nodes.filter(({ name }) => name === 'Integration').length, 1);
});

test('what was made with a key is published at once, as everything is', async () => {
  await using eventLog = await openLog();
  const began = performance.now();
  for (const key of ['p1', 'p2', 'p3']) {
    const { id } = (await mutate('createSendingServer', { ...server, name: key, idempotencyKey: key }))['server']!;
    const records = () => eventLog.read(sendingConfigTopic.name, 0, 0, 10_000);
    while (!(await records()).some(({ value }) => (value ?? '').includes(id))) await sleep(20);
  }
  // The publisher looks by itself once a second.
  assert.ok(performance.now() - began < 1500, 'it was only found when the publisher looked by itself');
});
