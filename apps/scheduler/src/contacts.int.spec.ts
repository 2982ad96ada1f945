/** Contacts through the door of the whole scheduler: seen, added and taken away, while campaigns are sent to them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { newId, sleep } from '@sendpool/kernel';
import { sweepContacts } from './store/contact.store.ts';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;
let database: Database;

before(async () => {
  world = await openWorld({ replicas: 1, lanes: 1 });
  client = world.clients[0]!;
  database = await createDatabase({ url: world.url, schema: 'scheduler', applicationName: 'contacts spec' });
});

after(async () => {
  await database.close();
  await world.close();
});

type Field = { name: string; value: string };
type Given = { email: string; fields?: Field[] | null };
type Outcome = Record<string, unknown> & { errors?: { code: string; message: string; path: string[] }[] };

const fieldsOf = (fields: Record<string, string>): Field[] =>
  Object.entries(fields).map(([name, value]) => ({ name, value }));

const refusals = '... on Refused { errors { code message path } }';

const add = async (audienceId: string, contacts: Given[], idempotencyKey?: string): Promise<Outcome> => {
  const payload = '... on AddContactsPayload { audience { contactCount } imported updated unchanged duplicates }';
  const text = `mutation ($input: AddContactsInput!) { addContacts(input: $input) { ${payload} ${refusals} } }`;
  return (await client.ask(text, { input: { audienceId, contacts, idempotencyKey } }))['addContacts'] as Outcome;
};

const remove = async (audienceId: string, emails: string[]): Promise<Outcome> => {
  const payload = '... on DeleteContactsPayload { audience { contactCount } deletedCount }';
  const text = `mutation ($input: DeleteContactsInput!) { deleteContacts(input: $input) { ${payload} ${refusals} } }`;
  return (await client.ask(text, { input: { audienceId, emails } }))['deleteContacts'] as Outcome;
};

type Page = {
  nodes: { id: string; email: string; fields: Field[] }[];
  totalCount: number | null;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

const page = async (id: string, args: object = {}): Promise<Page> => {
  const text = `query ($id: ID!, $first: Int, $after: String, $text: String) { audience(id: $id) {
    contacts(first: $first, after: $after, emailStartsWith: $text) {
      totalCount nodes { id email fields { name value } } pageInfo { hasNextPage endCursor } } } }`;
  return (await client.ask(text, { id, ...args }))['audience'].contacts as Page;
};

const emailsOf = async (id: string, text?: string): Promise<string[]> =>
  (await page(id, { text, first: 100 })).nodes.map(({ email }) => email);

const codes = ({ errors }: Outcome): string[] => errors!.map(({ code, path }) => `${code} ${path.join('.')}`);

describe('contacts of an audience', () => {
  it('are walked page by page, each once, with their fields by name and the number of all', async () => {
    const id = await client.makeAudience(7);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { nodes, totalCount, pageInfo } = await page(id, { first: 3, after });
      assert.equal(totalCount, 7);
      for (const { fields } of nodes) assert.deepEqual(fields, fieldsOf({ first_name: 'Ann' }));
      seen.push(...nodes.map(({ email }) => email));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    assert.deepEqual(
      seen,
      Array.from({ length: 7 }, (_, n) => `p${n}@example.com`),
    );
  });

  it('are found by the beginning of their address, each of its characters for itself', async () => {
    const id = await client.makeAudience(0);
    await add(
      id,
      ['Ann@example.com', 'a_n@example.com', 'bob@example.org'].map((email) => ({ email })),
    );
    assert.deepEqual(await emailsOf(id, 'aNN@'), ['Ann@example.com']);
    assert.deepEqual(await emailsOf(id, 'A_N'), ['a_n@example.com']);
    assert.deepEqual([await emailsOf(id, '%'), await emailsOf(id, 'nn@')], [[], []]);
    assert.deepEqual([(await page(id, { text: 'a', first: 1 })).totalCount, (await page(id)).totalCount], [2, 3]);
    for (const args of [{ text: '' }, { text: 'x'.repeat(101) }, { first: 101 }, { after: 'strange' }]) {
      const { data, errors } = await client.answerTo(
        'query ($id: ID!, $text: String, $first: Int, $after: String) { audience(id: $id) { id contacts(first: $first, after: $after, emailStartsWith: $text) { totalCount } } }',
        { id, ...args },
      );
      assert.deepEqual([data['audience'], errors?.length], [{ id, contacts: null }, 1]);
    }
  });
});

const many = (count: number): Given[] => Array.from({ length: count }, (_, n) => ({ email: `m${n}@example.com` }));

describe('adding contacts', () => {
  it('counts new, changed, unchanged and doubled ones, and replaces the fields of those that are there', async () => {
    const id = await client.makeAudience(2);
    const answer = await add(id, [
      { email: 'P0@example.com', fields: fieldsOf({ first_name: 'Ann' }) },
      { email: 'p1@example.com', fields: fieldsOf({ first_name: 'Ann' }) },
      { email: 'new@example.com', fields: fieldsOf({ city: 'Oslo', b: '2' }) },
      { email: 'New@Example.com', fields: fieldsOf({ city: 'Bergen', b: '3', none: '' }) },
    ]);
    assert.deepEqual(answer, { audience: { contactCount: 3 }, imported: 1, updated: 1, unchanged: 1, duplicates: 1 });
    const { nodes } = await page(id, { text: 'new@' });
    assert.deepEqual(
      nodes.map(({ email, fields }) => ({ email, fields })),
      [{ email: 'New@example.com', fields: fieldsOf({ b: '3', city: 'Bergen' }) }],
    );
  });

  it('stores none when one is wrong, and names each wrong one by its path', async () => {
    const id = await client.makeAudience(1);
    const answer = await add(id, [
      { email: 'good@example.com' },
      { email: 'no address' },
      { email: 'a@example.com', fields: fieldsOf({ ok: 'x', nul: 'a\0b' }) },
      { email: 'b@example.com', fields: fieldsOf({ 'first name': 'x' }) },
      { email: 'c@example.com', fields: [...fieldsOf({ x: '1' }), ...fieldsOf({ x: '2' })] },
      { email: 'd@example.com', fields: fieldsOf({ Email: 'other@example.com' }) },
      { email: 'e@example.com', fields: fieldsOf({ long: 'x'.repeat(16_384) }) },
      { email: 'f@example.com', fields: Array.from({ length: 100 }, (_, n) => ({ name: `f${n}`, value: 'v' })) },
    ]);
    const [email, value, ...fields] = codes(answer);
    assert.deepEqual([email, value], ['BAD_INPUT input.contacts.1.email', 'BAD_INPUT input.contacts.2.fields.1.value']);
    assert.deepEqual(
      fields,
      [3, 4, 5, 6, 7].map((place) => `BAD_INPUT input.contacts.${place}.fields`),
    );
    assert.deepEqual(await emailsOf(id), ['p0@example.com']);
  });

  it('takes 1 to 1,000 at a time, of an audience that is there', async () => {
    const id = await client.makeAudience(0);
    assert.deepEqual(codes(await add(id, [])), ['BAD_INPUT input.contacts']);
    assert.deepEqual(codes(await add(id, many(1001))), ['BAD_INPUT input.contacts']);
    assert.equal((await add(id, many(1000)))['imported'], 1000);
    for (const other of [newId(), 'none'])
      assert.deepEqual(codes(await add(other, many(1))), ['NOT_FOUND input.audienceId']);
  });

  it('happens once for each idempotency key, and says the second time what was counted the first', async () => {
    const id = await client.makeAudience(0);
    const contacts = [{ email: 'k@example.com' }];
    const [one, two] = await Promise.all([add(id, contacts, 'key'), add(id, contacts, 'key')]);
    assert.deepEqual(one, { audience: { contactCount: 1 }, imported: 1, updated: 0, unchanged: 0, duplicates: 0 });
    assert.deepEqual(two, one);
    await remove(id, ['k@example.com']);
    assert.deepEqual(await add(id, contacts, 'key'), { ...one, audience: { contactCount: 0 } });
    assert.deepEqual(codes(await add(id, [{ email: 'l@example.com' }], 'key')), ['CONFLICT input.idempotencyKey']);
  });
});

describe('taking contacts out of an audience', () => {
  it('counts those that were in it, in any case of letters, and lets them come back as new ones', async () => {
    const id = await client.makeAudience(3);
    assert.deepEqual(await remove(id, ['P1@EXAMPLE.com', 'p1@example.com', 'stranger@example.com']), {
      audience: { contactCount: 2 },
      deletedCount: 1,
    });
    assert.deepEqual(await emailsOf(id), ['p0@example.com', 'p2@example.com']);
    assert.deepEqual((await add(id, [{ email: 'p1@example.com' }]))['imported'], 1);
    assert.deepEqual(await emailsOf(id), ['p0@example.com', 'p2@example.com', 'p1@example.com']);
  });

  it('refuses what is no address, no audience, or no number of them', async () => {
    const id = await client.makeAudience(1);
    assert.deepEqual(codes(await remove(id, ['p0@example.com', 'x'])), ['BAD_INPUT input.emails.1']);
    assert.deepEqual(codes(await remove(id, [])), ['BAD_INPUT input.emails']);
    assert.deepEqual(codes(await remove(newId(), ['p0@example.com'])), ['NOT_FOUND input.audienceId']);
    assert.deepEqual(await emailsOf(id), ['p0@example.com']);
  });

  it('leaves the recipients of a campaign that runs alone: they are sent to, and shown', async () => {
    const audienceId = await client.makeAudience(2000);
    const open = Promise.withResolvers<void>();
    world.senders.gate = open.promise;
    const id = await client.makeCampaign(audienceId);
    await client.act('startCampaign', id);
    while ((await client.look(id)).progress['inFlight']! < 1000) await sleep(20);
    const emails = Array.from({ length: 1000 }, (_, n) => `p${n + 1000}@example.com`);
    assert.deepEqual((await remove(audienceId, emails))['deletedCount'], 1000);
    await database.sql.query(`update contact set removed_at = now() - interval '2 hours' where audience is null`);
    await sweepContacts(database.sql, new AbortController().signal);
    open.resolve();
    assert.equal((await client.until(id, 'FINISHED'))['accepted'], 2000);
    const text = `query ($id: ID!) { campaign(id: $id) { recipients(first: 100) { totalCount nodes { email } } } }`;
    const { recipients } = (await client.ask(text, { id }))['campaign'];
    assert.deepEqual([recipients.totalCount, recipients.nodes.length], [2000, 100]);
    const sent = world.senders.received.filter(({ request }) => request.campaignId === id);
    assert.ok(sent.some(({ request }) => request.email === 'p1999@example.com'));
    const next = await client.makeCampaign(audienceId);
    await client.act('startCampaign', next);
    assert.equal((await client.until(next, 'FINISHED'))['total'], 1000);
  });

  it('is forgotten for good an hour later when no campaign that was started before has the contact', async () => {
    const audienceId = await client.makeAudience(3);
    const left = async (): Promise<string[]> => {
      const text = `select email from contact where audience is null
        and removed_from = (select number from audience where id = $1) order by id`;
      return (await database.sql.query<{ email: string }>(text, [audienceId])).map(({ email }) => email);
    };
    const sweep = async (): Promise<string[]> => {
      await database.sql.query(
        `update contact set removed_at = removed_at - interval '61 minutes' where audience is null`,
      );
      await sweepContacts(database.sql, new AbortController().signal);
      return left();
    };
    await remove(audienceId, ['p0@example.com']);
    await sweepContacts(database.sql, new AbortController().signal);
    assert.deepEqual(await left(), ['p0@example.com']);
    const id = await client.makeCampaign(audienceId);
    await client.act('startCampaign', id);
    await client.until(id, 'FINISHED');
    await add(audienceId, [{ email: 'later@example.com' }]);
    await remove(audienceId, ['p1@example.com', 'later@example.com']);
    assert.deepEqual(await sweep(), ['p0@example.com', 'p1@example.com']);
    await database.sql.query(
      `update contact set removed_at = removed_at - interval '1 day' where audience is null and email = 'p0@example.com'`,
    );
    assert.deepEqual(await sweep(), ['p1@example.com']);
  });
});
