/** Lists through the door of the whole scheduler: how many there are. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;
let database: Database;

before(async () => {
  world = await openWorld({ replicas: 1, lanes: 2 });
  client = world.clients[0]!;
  database = await createDatabase({ url: world.url, schema: 'scheduler', applicationName: 'lists spec' });
});

after(async () => {
  await database.close();
  await world.close();
});

const totalOf = async (list: string): Promise<number | null> => {
  const { data, errors } = await client.answerTo(`{ ${list} { totalCount } }`);
  assert.equal(errors, undefined, JSON.stringify(errors));
  return Object.values(data)[0].totalCount as number | null;
};

describe('how many there are on all pages', () => {
  it('is told of campaigns by their status, of audiences, and of recipients by their state', async () => {
    world.senders.outcomeOf = ({ recipient }) => (recipient % 4 === 0 ? 'BOUNCED' : 'ACCEPTED');
    const audienceId = await client.makeAudience(60);
    const [sent] = [await client.makeCampaign(audienceId), await client.makeCampaign(audienceId)];
    await client.act('startCampaign', sent);
    await client.until(sent, 'FINISHED');
    assert.equal(await totalOf('campaigns(first: 1)'), 2);
    assert.equal(await totalOf('campaigns(status: [FINISHED, CANCELLED])'), 1);
    assert.equal(await totalOf('campaigns(status: [])'), 0);
    assert.equal(await totalOf('audiences'), 1);
    const data = await client.ask(
      `{ campaigns { totalCount nodes { all: recipients { totalCount } some: recipients(state: ACCEPTED, first: 1) { totalCount nodes { state } } } } }`,
    );
    assert.deepEqual(data['campaigns'], {
      totalCount: 2,
      nodes: [
        { all: { totalCount: 60 }, some: { totalCount: 45, nodes: [{ state: 'ACCEPTED' }] } },
        { all: { totalCount: 0 }, some: { totalCount: 0, nodes: [] } },
      ],
    });
  });

  it('is told of the uploads of each audience, also of those with one key', async () => {
    await client.makeAudience(1);
    const data = await client.ask(
      '{ audiences { nodes { imports(first: 1) { totalCount } none: imports(idempotencyKey: "k") { totalCount } } } }',
    );
    for (const node of data['audiences'].nodes)
      assert.deepEqual(node, { imports: { totalCount: 1 }, none: { totalCount: 0 } });
  });

  it('is refused with its page', async () => {
    const { data, errors } = await client.answerTo('{ campaigns(first: 0) { totalCount } }');
    assert.equal(data['campaigns'], null);
    assert.match(errors?.[0]?.message ?? '', /must be from 1 to 100/);
  });

  it('is told of the messages of a webhook by their state, and is null above 10,000', async () => {
    const input = { name: 'Hook', url: 'https://127.0.0.1/hook', events: ['BOUNCED'] };
    const made = await client.ask(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ... on WebhookSecretPayload { webhook { id } } } }',
      { input },
    );
    const add = (count: number, state: string) =>
      database.sql.query(
        `insert into webhook_delivery (id, webhook, body, event_count, at, state)
         select gen_random_uuid(), $1, '{}', 1, now(), $2 from generate_series(1, $3)`,
        [made['createWebhook'].webhook.id, state, count],
      );
    const counts = async () => {
      const fields = 'all: deliveries { totalCount } failed: deliveries(state: FAILED) { totalCount }';
      const [node] = (await client.ask(`{ webhooks { totalCount nodes { ${fields} } } }`))['webhooks'].nodes;
      return [node.all.totalCount, node.failed.totalCount];
    };
    await add(9_990, 'DELIVERED');
    await add(10, 'FAILED');
    assert.deepEqual(await counts(), [10_000, 10]);
    await add(1, 'DELIVERED');
    assert.deepEqual(await counts(), [null, 10]);
    assert.equal(await totalOf('webhooks'), 1);
  });
});
