import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignStatuses, type CampaignStatus } from '@sendpool/contracts';
import type { Campaign } from './campaign.ts';
import {
  createCancelCampaign,
  createPauseCampaign,
  createResumeCampaign,
  createUnscheduleCampaign,
} from './change-status.ts';
import { createCreateAudience } from './create-audience.ts';
import { createCreateCampaign } from './create-campaign.ts';
import type { Result } from './refusal.ts';
import { createSendingView } from './sending-view.ts';
import { aCampaign, anAudience, aPool, aServer, campaignsInMemory, rules } from './testing.ts';
import { createUpdateCampaign, type CampaignEdit } from './update-campaign.ts';

const codes = (result: Result<unknown>): string[] => (result.ok ? [] : result.errors.map(({ code }) => code));
const paths = (result: Result<unknown>) => (result.ok ? [] : result.errors.map(({ path }) => path));

const update = (status: CampaignStatus, edit: CampaignEdit) => {
  const campaigns = campaignsInMemory(aCampaign({ status }));
  const sending = createSendingView();
  for (const config of [aServer({ verified: false }), aPool()]) sending.apply(config);
  const deps = {
    ...rules,
    campaigns,
    sending,
    audiences: { find: async () => anAudience() },
    changed: () => undefined,
  };
  return createUpdateCampaign(deps)(campaigns.stored().id, edit);
};

test('content can be changed in DRAFT, SCHEDULED and PAUSED, and in no other status', async () => {
  const allowed = await Promise.all(
    campaignStatuses.map(async (status) => ((await update(status, { subject: 'New' })).ok ? status : undefined)),
  );
  assert.deepEqual(
    allowed.filter((status) => status !== undefined),
    ['DRAFT', 'SCHEDULED', 'PAUSED'],
  );
});

test('an edit while the campaign sends is a conflict that says to pause it first', async () => {
  const result = await update('SENDING', { subject: 'New' });
  assert.deepEqual(codes(result), ['CONFLICT']);
  assert.match(result.ok ? '' : result.errors[0]!.message, /pause it first/);
});

test('audience and pool can be changed in DRAFT only; naming the present ones is no change', async () => {
  assert.equal((await update('DRAFT', { poolId: 'other', audienceId: 'other' })).ok, true);
  assert.deepEqual(paths(await update('PAUSED', { poolId: 'other' })), [['input', 'sendingSettings', 'poolId']]);
  assert.deepEqual(paths(await update('SCHEDULED', { audienceId: 'other' })), [['input', 'audienceId']]);
  assert.equal((await update('PAUSED', { poolId: 'pool', unknownPolicy: 'RESEND' })).ok, true);
});

test('an edit that leaves the campaign without any body, or with a bad Reply-To, is refused by field', async () => {
  assert.deepEqual(paths(await update('DRAFT', { text: null })), [['input', 'html']]);
  assert.deepEqual(paths(await update('DRAFT', { replyTo: 'a@b,c@d' })), [['input', 'replyTo']]);
});

test('what has been started keeps a From that a member of its pool may send; a draft is looked at when it starts', async () => {
  const foreign = { from: { name: 'Shop', address: 'news@foreign.example' } };
  const allowed = { from: { name: 'Shop', address: 'other@example.com' } };
  for (const status of ['PAUSED', 'SCHEDULED'] as const) {
    assert.deepEqual(paths(await update(status, foreign)), [['input', 'from', 'address']]);
    assert.equal((await update(status, allowed)).ok, true);
  }
  const refused = await update('PAUSED', foreign);
  assert.match(refused.ok ? '' : refused.errors[0]!.message, /: they may send example\.com$/);
  assert.equal((await update('DRAFT', foreign)).ok, true);
});

const insert = async (campaign: Omit<Campaign, 'number'>): Promise<Campaign> => ({ ...campaign, number: 7 });
const create = (input: Partial<Campaign>) => {
  const deps = { ...rules, campaigns: { insert }, audiences: { find: async () => anAudience() }, now: () => 5 };
  return createCreateCampaign(deps)({ ...aCampaign(), ...input });
};

test('what no database takes is refused by field, in a new campaign and in an edit', async () => {
  const bad = { name: 'a\0b', html: 'a\0', text: '\0', poolId: 'a\0' };
  const fields = [
    ['input', 'name'],
    ['input', 'html'],
    ['input', 'text'],
    ['input', 'sendingSettings', 'poolId'],
  ];
  assert.deepEqual(paths(await create(bad)), fields);
  assert.deepEqual(paths(await update('DRAFT', bad)), fields);
  assert.deepEqual(paths(await update('DRAFT', { poolId: 'x'.repeat(2000) })), [fields[3]]);
});

test('a name is one line of 1 to 100 characters, the same for campaigns and audiences', async () => {
  const audiences = { insert: async () => true };
  for (const name of ['', ' ', 'a\r\nb', 'a\0b', 'x'.repeat(101)]) {
    assert.deepEqual(paths(await create({ name })), [['input', 'name']]);
    assert.deepEqual(paths(await createCreateAudience({ audiences, now: () => 5 })({ name })), [['input', 'name']]);
  }
  assert.equal((await create({ name: 'x'.repeat(100) })).ok, true);
});

type Verb = 'unschedule' | 'pause' | 'resume' | 'cancel';
const verbs = {
  unschedule: createUnscheduleCampaign,
  pause: createPauseCampaign,
  resume: createResumeCampaign,
  cancel: createCancelCampaign,
};

const moved = async (verb: Verb, campaign: Partial<Campaign>): Promise<string> => {
  const campaigns = campaignsInMemory(aCampaign(campaign));
  const result = await verbs[verb]({ campaigns, changed: () => undefined, now: () => 0 })(campaigns.stored().id);
  return result.ok ? result.value.status : codes(result).join();
};

const table = async (verb: Verb) =>
  Object.fromEntries(
    await Promise.all(campaignStatuses.map(async (status) => [status, await moved(verb, { status, prepared: true })])),
  ) as Record<string, string>;

test('each status change follows exactly the statuses that it may follow', async () => {
  const conflicts = Object.fromEntries(campaignStatuses.map((status) => [status, 'CONFLICT']));
  assert.deepEqual(await table('unschedule'), { ...conflicts, SCHEDULED: 'DRAFT' });
  assert.deepEqual(await table('pause'), { ...conflicts, PREPARING: 'PAUSED', SENDING: 'PAUSED' });
  assert.deepEqual(await table('resume'), { ...conflicts, PAUSED: 'SENDING' });
  const cancelled = Object.fromEntries(campaignStatuses.map((status) => [status, 'CANCELLED']));
  assert.deepEqual(await table('cancel'), { ...cancelled, FINISHED: 'CONFLICT', CANCELLED: 'CONFLICT' });
});

test('a status change that does not fit says which statuses do, and names the campaign', async () => {
  const campaigns = campaignsInMemory(aCampaign());
  const result = await createPauseCampaign({ campaigns, changed: () => undefined, now: () => 0 })(
    campaigns.stored().id,
  );
  const message = 'the campaign is DRAFT: only one that is PREPARING or SENDING can be paused';
  assert.deepEqual(result, { ok: false, errors: [{ code: 'CONFLICT', message, path: ['input', 'id'] }] });
});

const reasonAfter = async (verb: Verb, status: CampaignStatus): Promise<string | null> => {
  const campaigns = campaignsInMemory(aCampaign({ status, pausedReason: '12 % bounced' }));
  await verbs[verb]({ campaigns, changed: () => undefined, now: () => 0 })(campaigns.stored().id);
  return campaigns.stored().pausedReason;
};

test('a resume and a cancel clear the reason of a pause, and a pause by hand has none', async () => {
  assert.deepEqual([await reasonAfter('resume', 'PAUSED'), await reasonAfter('cancel', 'PAUSED')], [null, null]);
  assert.equal(await reasonAfter('pause', 'SENDING'), null);
});

test('a campaign whose time was taken away has none', async () => {
  const campaigns = campaignsInMemory(aCampaign({ status: 'SCHEDULED', scheduledAt: new Date(9) }));
  const deps = { campaigns, changed: () => undefined, now: () => 0 };
  assert.equal((await createUnscheduleCampaign(deps)(campaigns.stored().id)).ok, true);
  assert.equal(campaigns.stored().scheduledAt, null);
});

test('a campaign that was paused while it was prepared goes on preparing', async () => {
  assert.equal(await moved('resume', { status: 'PAUSED', prepared: false }), 'PREPARING');
});

test('a campaign that is not there is NOT_FOUND', async () => {
  const campaigns = campaignsInMemory(aCampaign());
  const pause = createPauseCampaign({ campaigns, changed: () => undefined, now: () => 0 });
  assert.deepEqual(codes(await pause('other')), ['NOT_FOUND']);
});

test('a new campaign is a DRAFT of revision 1; all faults are told at once', async () => {
  const deps = {
    ...rules,
    campaigns: { insert: async (campaign: Omit<Campaign, 'number'>) => ({ ...campaign, number: 7 }) },
    audiences: { find: async (id: string) => (id === 'known' ? anAudience() : undefined) },
    now: () => 5,
  };
  const input = { ...aCampaign(), audienceId: 'known' };
  const made = await createCreateCampaign(deps)(input);
  assert.deepEqual(made.ok && [made.value.status, made.value.revision, made.value.createdAt], [
    'DRAFT',
    1,
    new Date(5),
  ]);
  const bad = await createCreateCampaign(deps)({ ...input, name: ' ', subject: 'a\r\nb', audienceId: 'x' });
  assert.deepEqual(paths(bad), [
    ['input', 'name'],
    ['input', 'subject'],
    ['input', 'audienceId'],
  ]);
});
