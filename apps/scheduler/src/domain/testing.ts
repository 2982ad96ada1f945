/** Builders for the specs of this room: a campaign, a server, a pool, and stores that live in memory. */
import type { PoolConfig, RotationVerdict, SendingServerConfig } from '@sendpool/contracts';
import { poolRecord, serverRecord } from '@sendpool/testing';
import type { Audience } from './audience.ts';
import type { Campaign, CampaignPatch, CampaignStore } from './campaign.ts';
import type { ContentRules } from './check-content.ts';
import { badInput, notFound, refuse, type Result } from './refusal.ts';

export const aCampaign = (patch: Partial<Campaign> = {}): Campaign => ({
  id: '01900000-0000-7000-8000-000000000001',
  number: 1,
  name: 'Autumn',
  status: 'DRAFT',
  revision: 1,
  audienceId: '01900000-0000-7000-8000-0000000000aa',
  poolId: 'pool',
  unknownPolicy: 'HOLD',
  from: { name: 'Shop', address: 'news@example.com' },
  replyTo: null,
  subject: 'Hello',
  html: null,
  text: 'Hello',
  prepared: false,
  createdAt: new Date(0),
  scheduledAt: null,
  startedAt: null,
  finishedAt: null,
  pausedReason: null,
  testOf: null,
  ...patch,
});

export const aServer = (patch: Partial<SendingServerConfig> = {}): SendingServerConfig =>
  serverRecord({ id: 'server', name: 'Relay', ...patch });

export const aPool = (patch: Partial<PoolConfig> = {}): PoolConfig =>
  poolRecord({ server: 1 }, { name: 'Main', ...patch });

/** That most of what bounced was the list of campaign c1. */
export const aVerdict = (patch: Partial<RotationVerdict> = {}): RotationVerdict => ({
  id: 'v1',
  kind: 'BAD_LIST',
  poolId: 'pool',
  serverId: null,
  campaignIds: ['c1'],
  at: 0,
  evidence: {
    rule: 'SIGNIFICANT',
    window: 2000,
    sends: 2000,
    bounced: 240,
    rate: 0.12,
    lowerBound: 0.09,
    needed: 0.0455,
    restRate: 0.11,
    z: 0.5,
  },
  words: '12 % of 2,000 sends bounced, at every server alike: it is the list',
  ...patch,
});

export const anAudience = (contactCount = 3): Audience => ({
  id: '01900000-0000-7000-8000-0000000000aa',
  name: 'Customers',
  contactCount,
  createdAt: new Date(0),
});

/** Stands in for libs/smtp: an address has one @ and no space, comma or control character; a template has no `{% bad`. */
export const rules: ContentRules = {
  parseAddress: (text) => {
    const found = /^[^\s@,]+@([^\s@,]+)$/.exec(text);
    return found === null
      ? { ok: false, reason: 'this is not one e-mail address' }
      : { ok: true, address: text, domain: found[1]! };
  },
  checkTemplates: ({ subject, html, text }) => [
    ...Object.entries({ subject, html, text })
      .filter(([, template]) => template?.includes('{% bad') === true)
      .map(([part]) => badInput('line 1: the tag bad is not known', part)),
    ...(html === null && text === null ? [badInput('html or text is needed', 'html')] : []),
  ],
};

export const campaignsInMemory = (first: Campaign): Pick<CampaignStore, 'find' | 'change'> & { stored(): Campaign } => {
  let campaign = first;
  return {
    stored: () => campaign,
    find: async (id) => (id === campaign.id ? campaign : undefined),
    change: async (id, decide: (now: Campaign) => Result<CampaignPatch>) => {
      if (id !== campaign.id) return refuse(notFound('campaign', 'id'));
      const decision = decide(campaign);
      if (!decision.ok) return decision;
      campaign = { ...campaign, ...(decision.value as Partial<Campaign>), revision: campaign.revision + 1 };
      return { ok: true, value: campaign };
    },
  };
};
