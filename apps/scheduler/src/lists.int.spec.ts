/** Lists through the door of the whole scheduler: how many there are, in which order they come, and those with a text in their name. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { createAudienceStore } from './store/audience.store.ts';
import { createCampaignStore } from './store/campaign.store.ts';
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
    assert.equal(await totalOf('campaigns(statuses: [FINISHED, CANCELLED])'), 1);
    assert.equal(await totalOf('campaigns(statuses: [])'), 0);
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

const order = (field: string, direction: string) => `orderBy: { field: ${field}, direction: ${direction} }`;

const refusal = async (list: string, args: string, after?: string): Promise<string | undefined> => {
  const text = `query ($after: String) { ${list}(after: $after, ${args}) { nodes { name } } }`;
  const { data, errors } = await client.answerTo(text, { after });
  assert.equal(data[list], null);
  return errors?.[0]?.message;
};

describe('audiences and campaigns in an order', () => {
  const names = ['Zoë', 'apple', 'Äpfel', 'Zebra', 'apple pie', '100% of A_B'];
  const byName = ['100% of A_B', 'Äpfel', 'apple', 'apple pie', 'Zebra', 'Zoë'];
  let audienceId: string;

  before(async () => {
    audienceId = await client.makeAudience(0);
    for (const name of names) {
      const text = 'mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { __typename } }';
      await client.ask(text, { input: { name } });
      const id = await client.makeCampaign(audienceId);
      await database.sql.query('update campaign set name = $2 where id = $1', [id, name]);
    }
  });

  type Page = { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
  const fields = 'nodes { name } pageInfo { hasNextPage endCursor }';
  const page = async (list: string, args: string, after: string | null = null): Promise<Page> => {
    const text = `query ($after: String) { ${list}(first: 2, after: $after, ${args}) { ${fields} } }`;
    return (await client.ask(text, { after }))[list] as Page;
  };

  /** Names on all pages. */
  const walk = async (list: string, args: string): Promise<string[]> => {
    const seen: string[] = [];
    for (let next = await page(list, args); ; next = await page(list, args, next.pageInfo.endCursor)) {
      seen.push(...next.nodes.map(({ name }) => name));
      if (!next.pageInfo.hasNextPage) return seen;
    }
  };

  const found = (text: string) => walk('campaigns', `nameContains: ${JSON.stringify(text)}`);

  for (const list of ['audiences', 'campaigns'])
    it(`walks ${list} by name and by time, from either end, each once`, async () => {
      const ofSpec = (all: string[]): string[] => all.filter((name) => names.includes(name));
      const inOrder = async (field: string, direction: string): Promise<string[]> =>
        ofSpec(await walk(list, order(field, direction)));
      assert.deepEqual(await inOrder('NAME', 'ASC'), byName);
      assert.deepEqual(await inOrder('NAME', 'DESC'), byName.toReversed());
      assert.deepEqual(await inOrder('CREATED_AT', 'ASC'), names);
      assert.deepEqual(await inOrder('CREATED_AT', 'DESC'), names.toReversed());
      assert.deepEqual(ofSpec(await walk(list, 'orderBy: null')), names);
    });

  it('finds a text in names, whatever its case, and takes % and _ for themselves; the number counts what is found', async () => {
    assert.deepEqual(await found('APPLE'), ['apple', 'apple pie']);
    assert.deepEqual(await found('äp'), ['Äpfel']);
    assert.deepEqual(
      [await found('0%'), await found('%Z'), await found('a_b')],
      [['100% of A_B'], [], ['100% of A_B']],
    );
    assert.equal(await totalOf('campaigns(nameContains: "apple", statuses: [DRAFT], first: 1)'), 2);
    assert.equal(await totalOf('audiences(nameContains: "Z")'), 2);
  });

  it('takes no cursor of another order, direction or list, and no text that is no search', async () => {
    const { endCursor } = (await page('campaigns', order('NAME', 'ASC'))).pageInfo;
    for (const other of [order('NAME', 'DESC'), order('CREATED_AT', 'ASC'), 'first: 1'])
      assert.match((await refusal('campaigns', other, endCursor)) ?? '', /not a cursor of this list in this order/);
    assert.match((await refusal('webhooks', 'first: 1', endCursor)) ?? '', /not a cursor/);
    for (const text of ['', 'x'.repeat(101), '\0'])
      assert.match((await refusal('audiences', `nameContains: ${JSON.stringify(text)}`)) ?? '', /1 to 100 characters/);
  });

  it('is walked by an index, in either order', async () => {
    const plans: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      await tx.query('set local enable_sort = off');
      const query = async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
        const plan = await tx.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
        plans.push(plan.map((line) => line['QUERY PLAN']).join('\n'));
        return [];
      };
      const on = { sql: { query }, transaction: database.transaction };
      const after = { key: 'm', id: audienceId };
      for (const direction of ['ASC', 'DESC'] as const) {
        const asked = { first: 1, order: { field: 'NAME', direction }, after, nameContains: undefined } as const;
        await createAudienceStore(on).page(asked);
        await createCampaignStore(on).page({ ...asked, statuses: null });
      }
    });
    for (const plan of plans.filter((text) => text.includes('name')))
      assert.match(plan, /Index Cond:.*ROW\(lower\(/, plan);
    assert.equal(plans.filter((plan) => /(audience|campaign)_by_name/.test(plan)).length, 4, plans.join('\n\n'));
  });
});
