/** Mutations that come twice with one key, through the door of the whole scheduler. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWorld, type Client, type World } from './testing.ts';

let world: World;
let client: Client;

before(async () => {
  world = await openWorld({ replicas: 2, lanes: 1 });
  client = world.clients[0]!;
});

after(() => world.close());

type Result = Record<string, { id?: string; status?: string; name?: string }> & {
  secret?: string;
  errors?: { code: string; message: string; path: string[] }[];
};

const types: Record<string, [input: string, payload: string, fields: string]> = {
  createAudience: ['CreateAudienceInput', 'AudiencePayload', 'audience { id name }'],
  createCampaign: ['CreateCampaignInput', 'CampaignPayload', 'campaign { id status }'],
  startCampaign: ['StartCampaignInput', 'CampaignPayload', 'campaign { id status }'],
  pauseCampaign: ['PauseCampaignInput', 'CampaignPayload', 'campaign { id status }'],
  scheduleCampaign: ['ScheduleCampaignInput', 'CampaignPayload', 'campaign { id status }'],
  unscheduleCampaign: ['UnscheduleCampaignInput', 'CampaignPayload', 'campaign { id status scheduledAt }'],
  createWebhook: ['CreateWebhookInput', 'WebhookSecretPayload', 'webhook { id } secret'],
};

const mutate = async (name: string, input: object, at = client): Promise<Result> => {
  const [type, payload, fields] = types[name]!;
  const refusals = '... on Refused { errors { code message path } }';
  const text = `mutation ($input: ${type}!) { ${name}(input: $input) { ... on ${payload} { ${fields} } ${refusals} } }`;
  return (await at.ask(text, { input }))[name] as Result;
};

const faultOf = ({ errors }: Result): [string | undefined, string | undefined] => [
  errors?.[0]?.code,
  errors?.[0]?.path.join('.'),
];

const keyed = (key: string, input: object): object => ({ ...input, idempotencyKey: key });

const campaignInput = (audienceId: string): object => ({
  name: 'Autumn',
  from: { name: 'Shop', address: 'news@example.com' },
  subject: 'Hello',
  text: 'Hi',
  audienceId,
  sendingSettings: { poolId: 'pool' },
});

test('an audience with a key is made once, also by two replicas at once, and the key takes no other input', async () => {
  const input = keyed('audience 1', { name: 'Customers' });
  const made = await Promise.all(
    Array.from({ length: 6 }, (_, n) => mutate('createAudience', input, world.clients[n % 2])),
  );
  const ids = new Set(made.map(({ audience }) => audience?.id));
  assert.deepEqual([ids.size, ids.has(undefined)], [1, false]);
  const other = await mutate('createAudience', keyed('audience 1', { name: 'Others' }));
  assert.deepEqual(faultOf(other), ['CONFLICT', 'input.idempotencyKey']);
  const data = await client.ask('{ audiences { nodes { name } } }');
  const names = (data['audiences'].nodes as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ['Customers']);
});

test('without a key the second audience of a name is refused, and a refused request leaves its key free', async () => {
  assert.deepEqual(faultOf(await mutate('createAudience', { name: 'Customers' })), ['CONFLICT', 'input.name']);
  const refused = await mutate('createAudience', keyed('audience 2', { name: 'Customers' }));
  assert.deepEqual(faultOf(refused), ['CONFLICT', 'input.name']);
  const made = await mutate('createAudience', keyed('audience 2', { name: 'Corrected' }));
  assert.equal(made['audience']?.name, 'Corrected');
});

test('a key that is empty, too long or no ASCII is refused with its path', async () => {
  for (const key of ['', 'x'.repeat(101), 'schlüssel'])
    assert.deepEqual(faultOf(await mutate('createAudience', keyed(key, { name: 'n' }))), [
      'BAD_INPUT',
      'input.idempotencyKey',
    ]);
});

test('a campaign is made once and started once, and a second start says how it is now', async () => {
  const audienceId = await client.makeAudience(50);
  const input = keyed('campaign 1', campaignInput(audienceId));
  const [one, two] = [await mutate('createCampaign', input), await mutate('createCampaign', input)];
  const id = one['campaign']!.id!;
  assert.equal(two['campaign']?.id, id);
  const start = keyed('start 1', { id });
  assert.equal((await mutate('startCampaign', start))['campaign']?.status, 'PREPARING');
  await client.until(id, 'FINISHED');
  assert.deepEqual((await mutate('startCampaign', start))['campaign'], { id, status: 'FINISHED' });
  assert.equal(faultOf(await mutate('startCampaign', { id }))[0], 'CONFLICT');
  assert.equal(world.senders.received.filter(({ request }) => request.campaignId === id).length, 50);
});

test('the same key for another mutation is another request', async () => {
  const audienceId = await client.makeAudience(1);
  const made = await mutate('createCampaign', keyed('flow', campaignInput(audienceId)));
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const schedule = keyed('flow', { id: made['campaign']!.id, at });
  for (let times = 0; times < 2; times++)
    assert.equal((await mutate('scheduleCampaign', schedule))['campaign']?.status, 'SCHEDULED');
  const { id } = made['campaign']!;
  const draft = { id, status: 'DRAFT', scheduledAt: null };
  for (let times = 0; times < 2; times++)
    assert.deepEqual((await mutate('unscheduleCampaign', keyed('flow', { id })))['campaign'], draft);
  assert.deepEqual(faultOf(await mutate('unscheduleCampaign', { id })), ['CONFLICT', 'input.id']);
});

test('a webhook is made once, and its secret is shown once', async () => {
  const input = keyed('hook', { name: 'Hook', url: 'https://127.0.0.1/hook', events: ['BOUNCED'] });
  const made = await mutate('createWebhook', input);
  assert.match(made.secret ?? '', /^whsec_/);
  const again = await mutate('createWebhook', input);
  assert.deepEqual(faultOf(again), ['CONFLICT', 'input.idempotencyKey']);
  assert.match(again.errors![0]!.message, new RegExp(made['webhook']!.id!));
  assert.doesNotMatch(JSON.stringify(again), /whsec_/);
});
