/** A row of the table campaign as the domain knows it, and back. */
import type { CampaignStatus, UnknownPolicy } from '@sendpool/contracts';
import type { Campaign, CampaignPatch } from '../domain/campaign.ts';

export type CampaignRow = {
  number: number;
  id: string;
  name: string;
  status: CampaignStatus;
  revision: number;
  audience_id: string;
  pool_id: string;
  unknown_policy: UnknownPolicy;
  from_name: string;
  from_address: string;
  reply_to: string | null;
  subject: string;
  html: string | null;
  body_text: string | null;
  prepared: boolean;
  created_at: Date;
  scheduled_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  trace: string | null;
  paused_reason: string | null;
  test_of: string | null;
};

/** Use as `select ${campaignColumns} from campaign`. */
export const campaignColumns = `number, id, name, status, revision,
  (select audience.id from audience where audience.number = campaign.audience) as audience_id, pool_id, unknown_policy,
  from_name, from_address, reply_to, subject, html, body_text, prepared, created_at, scheduled_at, started_at, finished_at, trace, paused_reason,
  (select tested.id from campaign tested where tested.number = campaign.test_of) as test_of`;

export const campaignOf = (row: CampaignRow): Campaign => ({
  id: row.id,
  number: row.number,
  name: row.name,
  status: row.status,
  revision: row.revision,
  audienceId: row.audience_id,
  poolId: row.pool_id,
  unknownPolicy: row.unknown_policy,
  from: { name: row.from_name, address: row.from_address },
  replyTo: row.reply_to,
  subject: row.subject,
  html: row.html,
  text: row.body_text,
  prepared: row.prepared,
  createdAt: row.created_at,
  scheduledAt: row.scheduled_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  pausedReason: row.paused_reason,
  testOf: row.test_of,
  ...(row.trace === null ? {} : { trace: row.trace }),
});

/** The campaign with the patch laid over it; parts that are undefined stay. */
export const patched = (campaign: Campaign, patch: CampaignPatch): Campaign => {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  return { ...campaign, ...(Object.fromEntries(given) as CampaignPatch), revision: campaign.revision + 1 };
};

/** Values in the order of the statements of campaign.store.ts. */
export const valuesOf = (campaign: Omit<Campaign, 'number'>): unknown[] => [
  campaign.id,
  campaign.name,
  campaign.status,
  campaign.revision,
  campaign.audienceId,
  campaign.poolId,
  campaign.unknownPolicy,
  campaign.from.name,
  campaign.from.address,
  campaign.replyTo,
  campaign.subject,
  campaign.html,
  campaign.text,
  campaign.prepared,
  campaign.createdAt,
  campaign.scheduledAt,
  campaign.startedAt,
  campaign.finishedAt,
  campaign.trace ?? null,
  campaign.pausedReason,
  campaign.testOf,
];
