/** Campaigns in PostgreSQL: content, status, and what their recipients come to. */
import { AppError, isId } from '@sendpool/kernel';
import {
  countRows,
  inOrderOf,
  listIds,
  nameContains,
  type Condition,
  type Database,
  type Sql,
} from '@sendpool/database';
import { recipientStates, type CampaignStatus } from '@sendpool/contracts';
import type { OrderedPage } from '../domain/audience.ts';
import type { Campaign, CampaignFilter, CampaignPatch, CampaignProgress, CampaignStore } from '../domain/campaign.ts';
import { doubtReason, waitingInWords } from '../domain/pool-pause.ts';
import { notFound, refuse, type Result } from '../domain/refusal.ts';
import { campaignColumns, campaignOf, patched, valuesOf, type CampaignRow } from './campaign-row.ts';
import { listRecipients } from './list-recipients.ts';
import { counterColumns, counterOf } from './states.ts';
import { tellStatus } from './tell-webhooks.ts';

const tested = '(select tested.number from campaign tested where tested.id = $21)';
const audience = '(select audience.number from audience where audience.id = $5)';

const insertOne = `
  insert into campaign (id, name, status, revision, audience, pool_id, unknown_policy, from_name, from_address, reply_to,
    subject, html, body_text, prepared, created_at, scheduled_at, started_at, finished_at, trace, paused_reason, test_of)
  values ($1, $2, $3, $4, ${audience}, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, ${tested})
  returning number`;

const updateCampaign = `
  update campaign set name = $2, status = $3, revision = $4, audience = ${audience}, pool_id = $6, unknown_policy = $7,
    from_name = $8, from_address = $9, reply_to = $10, subject = $11, html = $12, body_text = $13, prepared = $14,
    created_at = $15, scheduled_at = $16, started_at = $17, finished_at = $18, trace = $19, paused_reason = $20,
    test_of = ${tested}
  where id = $1`;

/** With a lock it belongs into a transaction. */
export const findCampaign = async (
  sql: Sql,
  id: string,
  lock: '' | ' for update of campaign' = '',
): Promise<Campaign | undefined> => {
  if (!isId(id)) return undefined;
  const text = `select ${campaignColumns} from campaign where id = $1${lock}`;
  const [row] = await sql.query<CampaignRow>(text, [id]);
  return row === undefined ? undefined : campaignOf(row);
};

const findCampaigns = async (sql: Sql, ids: readonly string[]): Promise<Campaign[]> => {
  const text = `select ${campaignColumns} from campaign where id = any($1::uuid[])`;
  return (await sql.query<CampaignRow>(text, [ids.filter(isId)])).map(campaignOf);
};

export const insertCampaign = async (sql: Sql, campaign: Omit<Campaign, 'number'>): Promise<Campaign> => {
  const [row] = await sql.query<{ number: number }>(insertOne, valuesOf(campaign));
  if (row === undefined) throw new AppError('INTERNAL', 'a campaign was not stored');
  return { ...campaign, number: row.number };
};

export const saveCampaign = async (tx: Sql, campaign: Campaign): Promise<void> => {
  await tx.query(updateCampaign, valuesOf(campaign));
};

const change = async (
  tx: Sql,
  id: string,
  decide: (campaign: Campaign) => Result<CampaignPatch>,
): Promise<Result<Campaign>> => {
  const campaign = await findCampaign(tx, id, ' for update of campaign');
  if (campaign === undefined) return refuse(notFound('campaign', 'id'));
  const decision = decide(campaign);
  if (!decision.ok) return decision;
  const next = patched(campaign, decision.value);
  await saveCampaign(tx, next);
  if (next.status !== campaign.status) await tellStatus(tx, [campaign.number]);
  return { ok: true, value: next };
};

type ProgressRow = Record<string, number> & {
  id: string;
  status: CampaignStatus;
  waiting_for: string | null;
  deferred_then_accepted: number;
};

const progressOf = (row: ProgressRow): CampaignProgress => ({
  status: row.status,
  counts: Object.fromEntries(
    recipientStates.map((state) => [state, row[counterOf(state)]!]),
  ) as CampaignProgress['counts'],
  deferredThenAccepted: row.deferred_then_accepted,
  waitingFor: row.waiting_for === null ? null : waitingInWords(row.waiting_for),
});

const sums = [...counterColumns, 'deferred_then_accepted']
  .map((column) => `coalesce(sum(campaign_lane.${column}), 0)::int as ${column}`)
  .join(', ');

/** What was given back comes again within half a minute: an older reason does not hold any more. */
const heldFor = `interval '90 seconds'`;

/** A campaign waits while it or its pool is held back, or only doubts are left, and nothing of it is in flight. */
const waiting = `case when campaign.status <> 'SENDING' or sum(campaign_lane.in_flight) > 0 then null
  when sum(campaign_lane.pending + campaign_lane.deferred) > 0 then coalesce(
    max(campaign_lane.held_by) filter (where campaign_lane.held_at > extract(epoch from clock_timestamp() - ${heldFor}) * 1000),
    (select max(pool_pause.reason) from pool_pause where pool_pause.pool_id = campaign.pool_id))
  when sum(campaign_lane.unknown) > 0 then '${doubtReason}' end`;

const progress = async (sql: Sql, ids: readonly string[]): Promise<Map<string, CampaignProgress>> => {
  const rows = await sql.query<ProgressRow>(
    `select campaign.id, campaign.status, ${sums}, ${waiting} as waiting_for
     from campaign left join campaign_lane on campaign_lane.campaign = campaign.number
     where campaign.id = any($1::uuid[]) group by campaign.number`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, progressOf(row)]));
};

const conditionsOf = ({ statuses, nameContains: text }: CampaignFilter): Condition[] => [
  'test_of is null',
  ...(statuses === null ? [] : [{ value: statuses, sql: (parameter: string) => `status = any(${parameter}::text[])` }]),
  ...(text === undefined ? [] : [nameContains(text)]),
];

const page = async (sql: Sql, { first, ...asked }: OrderedPage & CampaignFilter): Promise<Campaign[]> => {
  const ids = await listIds(sql, 'campaign', { count: first + 1, ...asked }, conditionsOf(asked));
  return inOrderOf(ids, await findCampaigns(sql, ids));
};

export const createCampaignStore = (database: Pick<Database, 'sql' | 'transaction'>): CampaignStore => ({
  insert: (campaign) => insertCampaign(database.sql, campaign),
  find: (id) => findCampaign(database.sql, id),
  findMany: (ids) => findCampaigns(database.sql, ids),
  page: (asked) => page(database.sql, asked),
  count: (filter) => countRows(database.sql, 'campaign', conditionsOf(filter)),
  change: (id, decide) => database.transaction((tx) => change(tx, id, decide)),
  progress: (ids) => progress(database.sql, ids),
  recipients: async (id, page) => (await listRecipients(database.sql, [id], page)).get(id) ?? [],
  recipientsOf: (ids, page) => listRecipients(database.sql, ids, page),
});
