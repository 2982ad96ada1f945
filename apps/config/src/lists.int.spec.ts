/** Servers and pools in lists over GraphQL: sorted, searched and counted; and how they leave them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sendingConfigTopic } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog, type EventLog } from '@sendpool/event-log';
import { newId, sleep } from '@sendpool/kernel';
import { startHarness, type Harness } from './service-harness.ts';

type Refusal = { errors?: { code: string }[] };
type ServerResult = Refusal & { server?: { id: string } };
type PoolResult = Refusal & { pool?: { id: string } };

const refused = '... on Refused { errors { code } }';
const serverAnswer = `... on SendingServerPayload { server { id } } ${refused}`;
const poolAnswer = `... on PoolPayload { pool { id } } ${refused}`;
const createServerText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${serverAnswer} } }`;
const createPoolText = `mutation ($input: CreatePoolInput!) { createPool(input: $input) { ${poolAnswer} } }`;
const deleteServerText = `mutation ($id: ID!) { deleteSendingServer(input: { id: $id }) { ${serverAnswer} } }`;
const deletePoolText = `mutation ($id: ID!) { deletePool(input: { id: $id }) { ${poolAnswer} } }`;

let database: TestDatabase;
let harness: Harness;
let eventLog: EventLog;

before(async () => {
  database = await freshDatabase();
  harness = await startHarness(database.url);
  eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
});
after(async () => {
  await eventLog.close();
  await harness.stop();
  await database[Symbol.asyncDispose]();
});

const createServer = async (name: string): Promise<string> => {
  const input = { name, host: '127.0.0.1', port: 25, tls: 'NONE', fromDomains: ['example.com'] };
  return (await harness.get<ServerResult>(createServerText, { input })).server!.id;
};

const isGone = async (key: string): Promise<boolean> => {
  const records = await eventLog.read(sendingConfigTopic.name, 0, 0, 10_000);
  const last = records.findLast((record) => record.key === key);
  return last !== undefined && sendingConfigTopic.decode(last.value).deleted;
};

describe('servers and pools in lists', () => {
  it('sorts, searches and counts lists, and a cursor goes on in its own order alone', async () => {
    const mark = newId();
    for (const letter of ['b', 'C', 'a']) await createServer(`${letter} ${mark}`);
    const list = (page: string) =>
      harness.ask(
        `query ($mark: String!) { sendingServers(nameContains: $mark, ${page}) {
          totalCount nodes { name createdAt } pageInfo { endCursor } } }`,
        { mark: mark.toUpperCase() },
      );
    type List = { totalCount: number; nodes: { name: string; createdAt: string }[]; pageInfo: { endCursor: string } };
    const read = async (page: string) => (await list(page)).data?.['sendingServers'] as unknown as List;
    const byName = 'orderBy: { field: NAME, direction: DESC }';
    const one = await read(`first: 2, ${byName}`);
    const two = await read(`first: 2, after: "${one.pageInfo.endCursor}", ${byName}`);
    const names = [...one.nodes, ...two.nodes].map(({ name }) => name[0]);
    assert.deepEqual([names, one.totalCount, two.totalCount], [['C', 'b', 'a'], 3, 3]);
    assert.ok(Math.abs(Date.parse(one.nodes[0]!.createdAt) - Date.now()) < 60_000);
    const plain = await read('orderBy: null');
    assert.deepEqual(
      plain.nodes.map(({ name }) => name[0]),
      ['b', 'C', 'a'],
    );
    for (const other of ['first: 1', 'orderBy: { field: NAME, direction: ASC }']) {
      const { errors } = await list(`${other}, after: "${one.pageInfo.endCursor}"`);
      assert.equal(errors?.[0]?.extensions.code, 'BAD_INPUT', other);
    }
  });

  for (const text of ['', 'x'.repeat(101), 'a\0b'])
    it(`refuses to search for ${JSON.stringify(text.slice(0, 4))} of ${text.length} characters`, async () => {
      const query = 'query ($text: String) { pools(nameContains: $text) { totalCount } }';
      const { data, errors } = await harness.ask(query, { text });
      assert.deepEqual([data?.['pools'], errors?.[0]?.extensions.code], [null, 'BAD_INPUT']);
    });

  it('deletes a server that is in no pool: senders hear of it within a second, lists forget it, and its name is still told', async () => {
    const name = newId();
    const id = await createServer(name);
    const members = [{ serverId: id, weight: 1 }];
    const { pool } = await harness.get<PoolResult>(createPoolText, { input: { name, members } });
    const { errors } = await harness.get<ServerResult>(deleteServerText, { id });
    assert.deepEqual(errors?.[0]?.code, 'CONFLICT');
    await harness.get(deletePoolText, { id: pool!.id });
    const asked = performance.now();
    await harness.get(deleteServerText, { id });
    while (!((await isGone(`server:${id}`)) && (await isGone(`pool:${pool!.id}`)))) {
      assert.ok(performance.now() - asked < 1000);
      await sleep(10);
    }
    const text = `query ($id: ID!, $name: String!) {
      sendingServer(id: $id) { name deletedAt } sendingServers(nameContains: $name) { totalCount } }`;
    const { data } = await harness.ask(text, { id, name });
    const left = data as unknown as { sendingServer: Record<string, string>; sendingServers: object };
    assert.deepEqual({ ...left.sendingServers }, { totalCount: 0 });
    assert.ok(left.sendingServer['name'] === name && Date.parse(left.sendingServer['deletedAt']!) <= Date.now());
  });
});
