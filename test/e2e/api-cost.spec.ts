/** What a page of the API costs behind the gateway: requests to the services and statements to PostgreSQL, counted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { watchStatements } from '@sendpool/database/testing';
import { newId, sleep } from '@sendpool/kernel';
import { isForRequest, startApiScene, tellOutcome, type ApiScene, type ServiceName } from './api-scene.ts';

const pageText = `query ($first: Int!) { campaigns(first: $first) { nodes {
  id name status progress { total done }
  audience { id name contactCount }
  recipients(first: 1) { nodes { id email } }
  serverStats { accepted server { id name } }
  sendingSettings { pool {
    id name
    members { weight share shareOf: share(fromDomain: "example.com") server { id name stats { attempted } health { queueDepth } } }
    rotationVerdicts(first: 2) { nodes { id server { name } } }
    bounceReport { sends server { name } }
  } }
} } }`;

type Cost = { readonly requests: ServiceName[]; readonly statements: string[] };

/** Statements in their order of words, so that two costs can be compared. */
const sorted = <Word extends string>(words: readonly Word[]): Word[] => words.toSorted();

let scene: ApiScene;
const sent: string[] = [];
const isList = /IN \([$\d, ]+\)/g;
const watch = watchStatements((text) => {
  if (isForRequest()) sent.push(text.replaceAll(isList, 'IN (…)'));
});
const ids: string[] = [];

const add = async (name: Parameters<ApiScene['door']['mutate']>[0], input: object): Promise<string> => {
  const { refusals, id, text } = await scene.door.mutate(name, input);
  assert.deepEqual(refusals, [], text);
  return id;
};

const addPool = async (): Promise<{ poolId: string; serverId: string }> => {
  const server = { host: '127.0.0.1', port: 9, tls: 'NONE', fromDomains: ['example.com'] };
  const serverIds = [
    await add('createSendingServer', { ...server, name: newId() }),
    await add('createSendingServer', { ...server, name: newId() }),
  ];
  const members = serverIds.map((serverId) => ({ serverId, weight: 1 }));
  return { poolId: await add('createPool', { name: newId(), members }), serverId: serverIds[0]! };
};

const addCampaign = async (poolId: string): Promise<string> =>
  add('createCampaign', {
    name: 'page',
    from: { name: 'Shop', address: 'news@example.com' },
    subject: 'Hi',
    text: 'Hi',
    sendingSettings: { poolId },
    audienceId: await add('createAudience', { name: newId() }),
  });

const costOf = async (query: string, variables: object): Promise<Cost & { data: Record<string, unknown> }> => {
  sent.length = 0;
  scene.asked.length = 0;
  const { data, errors, text } = await scene.door.query(query, variables);
  assert.equal(errors, undefined, text.slice(0, 2000));
  const statements = sorted(sent);
  return { data: data ?? {}, requests: sorted(scene.asked), statements };
};

before(async () => {
  scene = await startApiScene();
  for (let n = 0; n < 25; n += 1) {
    const { poolId, serverId } = await addPool();
    for (const sequence of [2 * n, 2 * n + 1]) {
      const campaignId = await addCampaign(poolId);
      ids.push(campaignId);
      await tellOutcome(scene, { campaignId, poolId, serverId }, sequence);
    }
  }
  const counted = async (): Promise<string> => (await scene.door.query('{ statsLag { counted } }')).text;
  while (!(await counted()).includes('"50"')) await sleep(50);
});
after(async () => {
  watch[Symbol.dispose]();
  await scene.stop();
});

describe('a page of campaigns with audience, progress, recipients, pool, servers, stats and verdicts', () => {
  it('costs no more requests and statements for fifty campaigns than for five', async () => {
    const five = await costOf(pageText, { first: 5 });
    const fifty = await costOf(pageText, { first: 50 });
    const { nodes } = fifty.data['campaigns'] as { nodes: { serverStats: { server: { name: string } }[] }[] };
    assert.equal(nodes.length, 50);
    for (const { serverStats } of nodes) assert.match(serverStats[0]?.server.name ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(fifty.requests, five.requests);
    assert.deepEqual(fifty.statements, five.statements);
    assert.ok(fifty.requests.length <= 6, `${fifty.requests.length} requests: ${fifty.requests.join(', ')}`);
    assert.ok(fifty.statements.length <= 15, fifty.statements.join('\n'));
  });

  it('costs no more for ten webhooks of a campaign each than for one', async () => {
    const text =
      'query ($first: Int!) { webhooks(first: $first) { nodes { id campaign { id name } deliveries(first: 5) { nodes { id } } } } }';
    for (const campaignId of ids.slice(0, 10))
      await add('createWebhook', { name: newId(), url: 'https://1.1.1.1/hook', events: ['BOUNCED'], campaignId });
    const [one, ten] = [await costOf(text, { first: 1 }), await costOf(text, { first: 10 })];
    const { nodes } = ten.data['webhooks'] as { nodes: { campaign: { id: string } }[] };
    assert.deepEqual(
      nodes.map(({ campaign }) => campaign.id),
      ids.slice(0, 10),
    );
    assert.deepEqual(ten.statements, one.statements);
  });

  it('counts recipients, uploads and messages of fifty rows with one statement, and reads no page to tell how many rows there are', async () => {
    const lists = {
      campaigns: 'recipients { totalCount } none: recipients(state: BOUNCED) { totalCount }',
      audiences: 'imports { totalCount }',
      webhooks: 'deliveries { totalCount }',
    };
    for (const [list, counts] of Object.entries(lists)) {
      const { statements } = await costOf(`{ ${list}(first: 50) { totalCount nodes { ${counts} } } }`, {});
      // The count, a page of at most two statements, and the counts below it.
      assert.ok(statements.length <= 4, statements.join('\n'));
      const alone = await costOf(`{ ${list} { totalCount } }`, {});
      assert.equal(alone.statements.length, 1, alone.statements.join('\n'));
    }
  });

  it('costs no more for the contacts and uploads of forty audiences than for those of five', async () => {
    const contacts = 'contacts(first: 1) { nodes { email } totalCount }';
    const text = `query ($first: Int!) { audiences(first: $first) { nodes { ${contacts} some: contacts(emailStartsWith: "x", first: 1) { totalCount } imports(first: 1) { nodes { id } } } } }`;
    const [five, forty] = [await costOf(text, { first: 5 }), await costOf(text, { first: 40 })];
    assert.deepEqual(forty.statements, five.statements);
    assert.equal(forty.statements.length, 5, forty.statements.join('\n'));
  });

  it('reads fifteen campaigns that are named one by one with one request and one statement to each service', async () => {
    const aliases = ids.slice(0, 15).map((id, n) => `c${n}: campaign(id: "${id}") { name serverStats { accepted } }`);
    const { requests, statements } = await costOf(`{ ${aliases.join(' ')} }`, {});
    assert.equal(requests.filter((name) => name === 'scheduler').length, 1);
    assert.equal(statements.length, 2, statements.join('\n'));
  });
});
