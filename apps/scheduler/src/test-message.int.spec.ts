/** Previews and test messages through the door of the whole scheduler, with a stand-in for the senders. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { watchStatements } from '@sendpool/database/testing';
import { addContacts } from './store/testing.ts';
import { migrations } from './store/migrations/index.ts';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;
let database: Database;

before(async () => {
  world = await openWorld({ replicas: 2, lanes: 2 });
  client = world.clients[0]!;
  database = await createDatabase({
    url: world.url,
    schema: 'scheduler',
    migrations,
    poolSize: 2,
    applicationName: 'test message spec',
  });
});

after(async () => {
  await database.close();
  await world.close();
});

beforeEach(() => void world.senders.received.splice(0));

/** Ann, who was uploaded first, and Bob, who wants no more mail. */
const makeAudience = async (): Promise<string> => {
  const id = await client.makeAudience(0);
  await addContacts(database, id, [
    { email: 'ann@example.org', fields: '{"first_name":"Ann","n":"3"}' },
    { email: 'bob@example.org', fields: '{"n":"100000000"}' },
  ]);
  await database.sql.query(`update contact set suppressed_at = now() where email = 'bob@example.org'`);
  return id;
};

const content = {
  name: 'Autumn',
  from: { name: 'Shop', address: 'news@example.com' },
  replyTo: 'help@example.com',
  subject: 'Hello {{ first_name | default: "you" }}',
  html: '<p>{{ first_name }}</p>\n{% for i in (1..n) %}{{ i }}{% endfor %}',
  text: 'To {{ email }}',
};

const makeCampaign = async (input: object = {}): Promise<string> => {
  const given = { ...content, audienceId: await makeAudience(), sendingSettings: { poolId: 'pool' }, ...input };
  const data = await client.ask(
    'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { ... on CampaignPayload { campaign { id } } } }',
    { input: given },
  );
  return data['createCampaign'].campaign.id as string;
};

type Refusal = { code: string; message: string; path: string[] };
type Tested = { testCampaign?: { id: string; status: string; testOf: { id: string } | null }; errors?: Refusal[] };

const sendTest = async (input: object, at = client): Promise<Tested> => {
  const data = await at.ask(
    `mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) {
      ... on TestMessagePayload { testCampaign { id status testOf { id } } } ... on Refused { errors { code message path } } } }`,
    { input },
  );
  return data['sendTestMessage'] as Tested;
};

const idOf = ({ testCampaign, errors }: Tested): string => {
  assert.ok(testCampaign !== undefined, JSON.stringify(errors));
  return testCampaign.id;
};

const faultsOf = ({ errors = [] }: Tested): string[] => errors.map(({ code, path }) => `${code} ${path.join('.')}`);

const sentTo = (id: string) =>
  world.senders.received
    .filter(({ request }) => request.campaignId === id)
    .map(({ request }) => ({ email: request.email, fields: JSON.parse(request.fields) as object }));

const look = async (id: string) => {
  const fields =
    'status revision testOf { id } tests { id } audience { id contactCount } recipients { nodes { email state } } progress { total }';
  return (await client.ask(`query ($id: ID!) { campaign(id: $id) { ${fields} } }`, { id }))['campaign'];
};

const every = async (list: string): Promise<string[]> => {
  const data = await client.ask(`{ ${list}(first: 100) { nodes { id } } }`);
  return (data[list].nodes as { id: string }[]).map(({ id }) => id);
};

test('a test goes to its addresses with the fields of the first contact, and the campaign stays as it was', async () => {
  const id = await makeCampaign();
  const before = await look(id);
  const sent = await sendTest({ campaignId: id, to: ['me@example.net', 'you@example.net', 'ME@example.net'] });
  assert.deepEqual([sent.testCampaign?.status, sent.testCampaign?.testOf], ['PREPARING', { id }]);
  const test = idOf(sent);
  assert.equal((await client.until(test, 'FINISHED'))['accepted'], 2);
  const fields = { first_name: 'Ann', n: '3' };
  assert.deepEqual(
    sentTo(test).toSorted((a, b) => a.email.localeCompare(b.email)),
    ['me@example.net', 'you@example.net'].map((email) => ({ email, fields })),
  );
  const { name: _, ...published } = content;
  assert.partialDeepStrictEqual(
    world.published.find((record) => record.id === test),
    { ...published, poolId: 'pool', unknownPolicy: 'HOLD' },
  );
  assert.deepEqual(await look(id), { ...before, tests: [{ id: test }] });
  assert.deepEqual(sentTo(id), []);
});

test('no list shows a test or its audience, which takes no contacts', async () => {
  const id = await makeCampaign();
  const test = idOf(await sendTest({ campaignId: id, to: ['me@example.net'] }));
  const newer = idOf(await sendTest({ campaignId: id, to: ['me@example.net'] }));
  const { audience } = await look(test);
  assert.equal(audience.contactCount, 1);
  assert.deepEqual((await look(id)).tests, [{ id: newer }, { id: test }]);
  const [campaigns, audiences] = [await every('campaigns'), await every('audiences')];
  assert.deepEqual(
    [campaigns.includes(id), campaigns.includes(test), audiences.includes(audience.id)],
    [true, false, false],
  );
  assert.equal((await client.upload(audience.id, 'email\neve@example.org')).status, 404);
  for (const change of [
    'addContacts(input: { audienceId: $id, contacts: [{ email: "eve@example.org" }] })',
    'deleteContacts(input: { audienceId: $id, emails: ["me@example.net"] })',
  ]) {
    const text = `mutation ($id: ID!) { change: ${change} { ... on Refused { errors { code } } } }`;
    const { change: changed } = await client.ask(text, { id: audience.id });
    assert.deepEqual(changed, { errors: [{ code: 'NOT_FOUND' }] });
    assert.equal((await look(test)).audience.contactCount, 1);
  }
});

test('a test cannot be tested, and its audience is for no other campaign: neither would know who wants no more mail by then', async () => {
  const id = await makeCampaign();
  const test = idOf(await sendTest({ campaignId: id, to: ['me@example.net'] }));
  assert.deepEqual(faultsOf(await sendTest({ campaignId: test, to: ['bob@example.org'] })), [
    'CONFLICT input.campaignId',
  ]);
  const audienceId = (await look(test)).audience.id as string;
  for (const [mutation, input] of [
    ['createCampaign', { ...content, audienceId, sendingSettings: { poolId: 'pool' } }],
    ['updateCampaign', { id, audienceId }],
  ] as const) {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const text = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ... on Refused { errors { code message path } } } }`;
    assert.deepEqual(faultsOf((await client.ask(text, { input }))[mutation]), ['NOT_FOUND input.audienceId']);
  }
});

test('webhooks hear of each status of a test, from the first one on', async () => {
  const text = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { __typename } }';
  await client.ask(text, { input: { name: 'all', url: 'http://127.0.0.1:9/all', events: ['CAMPAIGN_STATUS'] } });
  const test = idOf(await sendTest({ campaignId: await makeCampaign(), to: ['me@example.net'] }));
  await client.until(test, 'FINISHED');
  const rows = await database.sql.query<{ body: string }>('select body from webhook_delivery order by id');
  const told = rows.map(({ body }) => (JSON.parse(body) as { data: { campaignId: string; status: string } }).data);
  assert.deepEqual(
    told.filter(({ campaignId }) => campaignId === test).map(({ status }) => status),
    ['PREPARING', 'SENDING', 'FINISHED'],
  );
});

test('a key sends a test once, also by two replicas at once, and takes no other input', async () => {
  const input = { campaignId: await makeCampaign(), to: ['me@example.net'], idempotencyKey: 'test 1' };
  const tested = await Promise.all(Array.from({ length: 6 }, (_, n) => sendTest(input, world.clients[n % 2])));
  const ids = new Set(tested.map(idOf));
  assert.equal(ids.size, 1);
  const [test] = ids;
  await client.until(test!, 'FINISHED');
  assert.equal((await sendTest(input)).testCampaign?.status, 'FINISHED');
  assert.equal(sentTo(test!).length, 1);
  assert.deepEqual((await look(input.campaignId)).tests, [{ id: test }]);
  const other = await sendTest({ ...input, to: ['you@example.net'] });
  assert.deepEqual(faultsOf(other), ['CONFLICT input.idempotencyKey']);
});

test('a campaign is tested in every status but CANCELLED', async () => {
  const id = await makeCampaign();
  const input = { campaignId: id, to: ['me@example.net'] };
  await client.schedule(id, new Date(Date.now() + 3_600_000));
  idOf(await sendTest(input));
  await client.act('startCampaign', id);
  idOf(await sendTest(input));
  await client.until(id, 'FINISHED');
  const test = idOf(await sendTest(input));
  await client.until(test, 'FINISHED');
  assert.equal((await look(id)).progress.total, 2);
  const cancelled = await makeCampaign();
  await client.act('cancelCampaign', cancelled);
  assert.deepEqual(faultsOf(await sendTest({ ...input, campaignId: cancelled })), ['CONFLICT input.campaignId']);
});

test('another contact may fill the templates, and who wants no more mail gets no test', async () => {
  const id = await makeCampaign();
  const test = idOf(
    await sendTest({ campaignId: id, to: ['me@example.net', 'BOB@example.org'], contactEmail: 'Bob@Example.org' }),
  );
  await client.until(test, 'FINISHED');
  assert.deepEqual(sentTo(test), [{ email: 'me@example.net', fields: { n: '100000000' } }]);
  assert.deepEqual((await look(test)).recipients.nodes, [
    { email: 'me@example.net', state: 'ACCEPTED' },
    { email: 'BOB@example.org', state: 'SUPPRESSED' },
  ]);
});

test('everything that is wrong is said at once with its path, and nothing is made', async () => {
  const id = await makeCampaign({ sendingSettings: { poolId: 'another' } });
  const to = ['me@example.net', 'nobody', 'a@example.net,b@example.net'];
  const refused = await sendTest({ campaignId: id, to, contactEmail: 'eve@example.org', idempotencyKey: 'free' });
  const pool = 'BAD_INPUT input.sendingSettings.poolId';
  const contact = 'NOT_FOUND input.contactEmail';
  assert.deepEqual(faultsOf(refused), ['BAD_INPUT input.to.1', 'BAD_INPUT input.to.2', contact, pool]);
  for (const many of [[], Array.from({ length: 11 }, (_, n) => `p${n}@example.net`)])
    assert.deepEqual(faultsOf(await sendTest({ campaignId: id, to: many })), ['BAD_INPUT input.to', pool]);
  assert.deepEqual((await look(id)).tests, []);
  const from = await makeCampaign({ from: { name: '', address: 'news@elsewhere.example' } });
  assert.deepEqual(faultsOf(await sendTest({ campaignId: from, to: ['me@example.net'], idempotencyKey: 'free' })), [
    'BAD_INPUT input.from.address',
  ]);
  const empty = await makeCampaign({ audienceId: await client.makeAudience(0) });
  assert.deepEqual(faultsOf(await sendTest({ campaignId: empty, to: ['me@example.net'] })), [contact]);
  assert.deepEqual(faultsOf(await sendTest({ campaignId: 'none', to: ['me@example.net'] })), [
    'NOT_FOUND input.campaignId',
  ]);
});

const preview = async (id: string, email: string | null = null) => {
  const text = `query ($id: ID!, $email: EmailAddress) { campaign(id: $id) { name preview(contactEmail: $email) {
    ... on MessagePreview { contactEmail subject html text missingFields } ... on Refused { errors { code message path } } } } }`;
  const { data, errors } = await client.answerTo(text, { id, email });
  assert.equal(data['campaign'].name, 'Autumn');
  return { preview: data['campaign'].preview, error: errors?.[0] as unknown };
};

test('a preview is what the contact would get, with the fields that it lacks, and nothing is sent', async () => {
  const id = await makeCampaign({ text: 'To {{ email }} in {{ city }}' });
  const shown = {
    contactEmail: 'ann@example.org',
    subject: 'Hello Ann',
    html: '<p>Ann</p>\r\n123',
    text: 'To ann@example.org in ',
    missingFields: ['city'],
  };
  assert.deepEqual(await preview(id), { preview: shown, error: undefined });
  assert.deepEqual(await preview(id, 'ANN@example.org'), { preview: shown, error: undefined });
  assert.deepEqual(world.senders.received, []);
});

test('a preview that cannot be had is refused, and says why and where', async () => {
  const id = await makeCampaign();
  const path = ['contactEmail'];
  const cases: [email: string, code: string, path: string[] | null, message: RegExp][] = [
    ['bob@example.org', 'BAD_INPUT', null, /^html, line 2: it needs too much memory/],
    ['eve@example.org', 'NOT_FOUND', path, /^the audience has no contact with this address$/],
    ['eve', 'BAD_INPUT', path, /@/],
  ];
  for (const [email, code, where, message] of cases) {
    const { preview: answer, error } = await preview(id, email);
    assert.deepEqual([error, answer.errors.length], [undefined, 1]);
    assert.partialDeepStrictEqual(answer.errors[0], { code, path: where });
    assert.match(answer.errors[0].message, message);
  }
  const empty = await makeCampaign({ audienceId: await client.makeAudience(0) });
  const nobody = { code: 'NOT_FOUND', path, message: 'the audience has no contacts' };
  assert.deepEqual(await preview(empty), { preview: { errors: [nobody] }, error: undefined });
});

test('the previews and tests of a page are one statement each', async () => {
  const ids = [await makeCampaign(), await makeCampaign(), await makeCampaign()];
  const test = idOf(await sendTest({ campaignId: ids[0]!, to: ['me@example.net'] }));
  await client.until(test, 'FINISHED');
  const sent: string[] = [];
  using _watch = watchStatements((text) => void sent.push(text));
  const fields = 'preview { ... on MessagePreview { subject } } tests { id testOf { id } }';
  const query = ids.map((id, n) => `c${n}: campaign(id: "${id}") { ${fields} }`).join(' ');
  const data = await client.ask(`{ ${query} }`);
  assert.deepEqual(
    Object.values(data).map((one) => [one.preview.subject, one.tests.length]),
    [
      ['Hello Ann', 1],
      ['Hello Ann', 0],
      ['Hello Ann', 0],
    ],
  );
  assert.equal(sent.filter((text) => text.includes('contact.audience = audience.number')).length, 1);
  assert.equal(sent.filter((text) => text.includes('campaign.test_of = tested.number')).length, 1);
});

test('the previews of one request are given up when they take long together', async () => {
  const loop = '{% for i in (1..n) %}';
  const id = await makeCampaign({ html: loop.repeat(3) + '{% endfor %}'.repeat(3) });
  await database.sql.query(`update contact set fields = '{"n":"9999"}' where email = 'ann@example.org'`);
  const query = Array.from({ length: 30 }, (_, n) => `p${n}: preview { ... on Refused { errors { message } } }`).join(
    ' ',
  );
  const begin = performance.now();
  const { data, errors = [] } = await client.answerTo(`query ($id: ID!) { campaign(id: $id) { ${query} } }`, { id });
  assert.ok(performance.now() - begin < 10_000);
  assert.match(data['campaign'].p0.errors[0].message, /^html, line 1: it takes longer than 250 ms/);
  assert.equal(data['campaign'].p29, null);
  assert.match(errors.at(-1)!.message, /take too long together/);
});

test('a test that was taken is sent once by another scheduler when the one that took it is gone', async () => {
  const id = await makeCampaign();
  for (const service of world.services.splice(0)) assert.equal(await service.stop(10_000), true);
  client = await world.start();
  const test = idOf(await sendTest({ campaignId: id, to: ['me@example.net', 'you@example.net'] }));
  const [taker] = world.services.splice(0);
  assert.equal(await taker!.stop(10_000), true);
  client = await world.start();
  await client.until(test, 'FINISHED');
  assert.deepEqual(
    sentTo(test)
      .map(({ email }) => email)
      .toSorted(),
    ['me@example.net', 'you@example.net'],
  );
});
