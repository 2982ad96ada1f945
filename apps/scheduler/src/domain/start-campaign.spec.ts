import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alwaysIn, type SendingConfig } from '@sendpool/contracts';
import type { Campaign } from './campaign.ts';
import type { Result } from './refusal.ts';
import { createSendingView } from './sending-view.ts';
import { createScheduleCampaign, createStartCampaign, createStartDueCampaign } from './start-campaign.ts';
import { aCampaign, anAudience, aPool, aServer, campaignsInMemory, rules } from './testing.ts';

const world = (options: { campaign?: Partial<Campaign>; config?: SendingConfig[]; contacts?: number } = {}) => {
  const campaigns = campaignsInMemory(aCampaign(options.campaign));
  const sending = createSendingView();
  for (const config of options.config ?? [aServer(), aPool()]) sending.apply(config);
  const changed: Campaign[] = [];
  const slept: number[] = [];
  const deps = {
    ...rules,
    campaigns,
    sending,
    audiences: { find: async () => anAudience(options.contacts) },
    changed: (campaign: Campaign) => void changed.push(campaign),
    now: () => 1_000_000,
    sleep: async (ms: number) => void slept.push(ms),
  };
  return { deps, changed, slept, campaigns, sending, id: campaigns.stored().id };
};

const messages = (result: Result<unknown>): string[] => (result.ok ? [] : result.errors.map((error) => error.message));

test('a campaign that is in order begins to prepare, as a new revision that others hear of', async () => {
  const { deps, id, changed } = world();
  const result = await createStartCampaign(deps)(id);
  assert.equal(result.ok && result.value.status, 'PREPARING');
  assert.deepEqual(
    changed.map(({ revision, startedAt }) => [revision, startedAt]),
    [[2, new Date(1_000_000)]],
  );
});

const refusals: [string, Parameters<typeof world>[0], RegExp][] = [
  ['a pool that is not there', { config: [aServer()] }, /no such pool/],
  ['a pool that was deleted', { config: [aServer(), aPool({ deleted: true })] }, /no such pool/],
  [
    'a pool whose only server is inactive',
    { config: [aServer({ state: 'INACTIVE' }), aPool()] },
    /no member that is active/,
  ],
  [
    'a pool whose only server is not verified',
    { config: [aServer({ verified: false }), aPool()] },
    /no member that is active/,
  ],
  [
    'a pool whose only usable server has weight 0',
    { config: [aServer(), aPool({ members: [{ serverId: 'server', weight: 0, role: null, rotation: alwaysIn }] })] },
    /no member that is active/,
  ],
  [
    'a From domain that no member may send',
    { config: [aServer({ fromDomains: ['*.news.example.com'] }), aPool()] },
    /may send From example\.com: they may send \*\.news\.example\.com$/,
  ],
  ['an audience without contacts', { contacts: 0 }, /no contacts/],
  ['a template that does not parse', { campaign: { text: '{% bad %}' } }, /tag bad/],
  [
    'a From address with a line break',
    { campaign: { from: { name: 'x', address: 'a@example.com\r\nBcc: b@c.d' } } },
    /not one e-mail address/,
  ],
  [
    'two From addresses',
    { campaign: { from: { name: 'x', address: 'a@example.com,b@example.com' } } },
    /not one e-mail address/,
  ],
  [
    'a From name with a line break',
    { campaign: { from: { name: 'x\r\nBcc: b@c.d', address: 'a@example.com' } } },
    /line breaks/,
  ],
  ['a campaign that has been started', { campaign: { status: 'SENDING' } }, /already SENDING/],
  ['a campaign that is paused', { campaign: { status: 'PAUSED' } }, /already PAUSED: resume it$/],
  ['a campaign that was cancelled', { campaign: { status: 'CANCELLED' } }, /already CANCELLED/],
];
for (const [what, options, message] of refusals) {
  test(`starting is refused for ${what}, and nothing changes`, async () => {
    const { deps, id, changed, campaigns } = world(options);
    const before = campaigns.stored();
    assert.match(messages(await createStartCampaign(deps)(id)).join(), message);
    assert.deepEqual([campaigns.stored(), changed], [before, []]);
  });
}

test('a wildcard stands for the domain itself too', async () => {
  const { deps, id } = world({ config: [aServer({ fromDomains: ['*.example.com'] }), aPool()] });
  assert.equal((await createStartCampaign(deps)(id)).ok, true);
});

test('a server that was verified a moment ago is waited for', async () => {
  const { deps, id, slept, sending } = world({ config: [aServer({ verified: false }), aPool()] });
  const sleep = async (ms: number) => {
    slept.push(ms);
    sending.apply(aServer({ verified: true, revision: 2 }));
  };
  assert.equal((await createStartCampaign({ ...deps, sleep })(id)).ok, true);
  assert.deepEqual(slept, [1000]);
});

test('a campaign that changes while it is looked at is not started', async () => {
  const { deps, id, campaigns } = world();
  const find = async () => {
    await campaigns.change(id, () => ({ ok: true, value: { text: 'other' } }));
    return anAudience();
  };
  assert.match(messages(await createStartCampaign({ ...deps, audiences: { find } })(id)).join(), /changed meanwhile/);
});

test('a schedule needs a time in the future, and the same good order as a start', async () => {
  const { deps, id } = world();
  assert.match(messages(await createScheduleCampaign(deps)(id, new Date(1_000_000))).join(), /future/);
  const result = await createScheduleCampaign(deps)(id, new Date(2_000_000));
  assert.deepEqual(result.ok && [result.value.status, result.value.scheduledAt], ['SCHEDULED', new Date(2_000_000)]);
  const empty = world({ contacts: 0 });
  assert.match(messages(await createScheduleCampaign(empty.deps)(empty.id, new Date(2_000_000))).join(), /no contacts/);
});

const startDue = async (campaign: Partial<Campaign>) => {
  const { deps, id, campaigns } = world({ campaign });
  const result = await createStartDueCampaign(deps)(id);
  return [messages(result).join(), campaigns.stored().status];
};

test('one that was due is not started when its time was taken away or put off meanwhile', async () => {
  const late = 'its time is not now any more';
  assert.deepEqual(await startDue({ status: 'DRAFT' }), [late, 'DRAFT']);
  assert.deepEqual(await startDue({ status: 'SCHEDULED', scheduledAt: new Date(1_000_001) }), [late, 'SCHEDULED']);
  assert.deepEqual(await startDue({ status: 'SCHEDULED', scheduledAt: new Date(1_000_000) }), ['', 'PREPARING']);
});
