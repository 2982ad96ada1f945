/** Recipients that are sent to once more: their rows, their due times, the counters, the campaign and the record of it, in one transaction. */
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Campaign } from '../domain/campaign.ts';
import { conflict, notFound, refuse } from '../domain/refusal.ts';
import type { Resend, ResendOrder, ResendStore } from '../domain/resend.ts';
import { findCampaign, saveCampaign } from './campaign.store.ts';
import { patched } from './campaign-row.ts';
import { counterOf, stateNumber } from './states.ts';
import { tellStatus } from './tell-webhooks.ts';

const unknown = stateNumber('UNKNOWN');

/**
 * The lock on the campaign keeps slices and outcomes away. One in doubt that RESEND has given a time already is left out. Who was deferred
 * before counts its age from now on.
 */
const move = `
  with chosen as materialized (
    select recipient.seq, recipient.lane, recipient.state from recipient
    left join recipient_fact fact on fact.campaign = recipient.campaign and fact.seq = recipient.seq
    where recipient.campaign = $1 and recipient.state = any($2::smallint[])
      and ($3::int[] is null or recipient.seq = any($3::int[]))
      and not (recipient.state = ${unknown} and fact.due_at is not null)
    order by recipient.seq for no key update of recipient
  ), clock as materialized (
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now
  ), timed as materialized (
    select chosen.seq, chosen.lane, chosen.state, clock.now,
      case when chosen.state = ${unknown} then greatest(clock.now, here.last_unknown_at + $4::bigint) else clock.now end as due_at
    from chosen cross join clock join campaign_lane here on here.campaign = $1 and here.lane = chosen.lane
  ), rows as (
    update recipient set state = ${stateNumber('PENDING')} from chosen
    where recipient.campaign = $1 and recipient.seq = chosen.seq
  ), facts as (
    insert into recipient_fact as fact (campaign, seq, lane, due_at, unknowns, gaps, copy_accepted)
    select $1, seq, lane, due_at, 0, 0, false from timed order by seq
    on conflict (campaign, seq) do update set due_at = excluded.due_at, unknowns = 0, gaps = 0, server_hint = null,
      deferred_at = case when fact.deferred_at is not null then (select now from clock) end
  ), counts as (
    select lane, count(*)::int as whole, ${(['UNKNOWN', 'EXPIRED', 'BOUNCED'] as const)
      .map((state) => `(count(*) filter (where state = ${stateNumber(state)}))::int as ${counterOf(state)}`)
      .join(', ')}
    from chosen group by lane
  ), counted as (
    update campaign_lane set pending = campaign_lane.pending + counts.whole, unknown = campaign_lane.unknown - counts.unknown,
      expired = campaign_lane.expired - counts.expired, bounced = campaign_lane.bounced - counts.bounced
    from counts where campaign_lane.campaign = $1 and campaign_lane.lane = counts.lane
  )
  select coalesce(sum(whole), 0)::int as count from counts`;

type Row = Omit<Resend, 'createdAt'> & { at: Date };

const resendOf = ({ id, at, actor, states, named, count }: Row): Resend => ({
  id,
  createdAt: at,
  actor,
  states,
  named,
  count,
});

const columns = 'resend.id, resend.at, resend.actor, resend.states, resend.named, resend.count';

const before = async (tx: Sql, campaign: number, key: string): Promise<(Row & { digest: string }) | undefined> => {
  const text = `select ${columns}, digest from resend where campaign = $1 and idempotency_key = $2`;
  return (await tx.query<Row & { digest: string }>(text, [campaign, key]))[0];
};

const moveRecipients = async (tx: Sql, campaign: number, order: ResendOrder): Promise<number> => {
  const values = [campaign, order.states.map(stateNumber), order.recipientNumbers, order.graceMs];
  return (await tx.query<{ count: number }>(move, values))[0]?.count ?? 0;
};

const insert = `
  insert into resend (id, campaign, idempotency_key, digest, actor, at, states, named, count)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const write = async (tx: Sql, campaign: number, order: ResendOrder, count: number): Promise<Resend> => {
  const { id, idempotencyKey, digest, actor, createdAt, states, recipientNumbers } = order;
  const named = recipientNumbers === null ? null : new Set(recipientNumbers).size;
  await tx.query(insert, [id, campaign, idempotencyKey, digest, actor, createdAt, states, named, count]);
  return { id, createdAt, actor, states, named, count };
};

/** Nothing was found: the campaign stays as it is. */
const changed = async (tx: Sql, campaign: Campaign, patch: Parameters<typeof patched>[1]): Promise<Campaign> => {
  if (Object.keys(patch).length === 0) return campaign;
  const next = patched(campaign, patch);
  await saveCampaign(tx, next);
  if (next.status !== campaign.status) await tellStatus(tx, [campaign.number]);
  return next;
};

const resend = async (
  tx: Sql,
  campaignId: string,
  { order, decide }: { order: ResendOrder; decide: Parameters<ResendStore['resend']>[2] },
): ReturnType<ResendStore['resend']> => {
  const campaign = await findCampaign(tx, campaignId, ' for update of campaign');
  if (campaign === undefined) return refuse(notFound('campaign', 'campaignId'));
  const made = await before(tx, campaign.number, order.idempotencyKey);
  if (made !== undefined) {
    if (made.digest === order.digest) return { ok: true, value: { campaign, resend: resendOf(made) } };
    return refuse(conflict('this key was used for another resend of the campaign', ['input', 'idempotencyKey']));
  }
  const decision = decide(campaign);
  if (!decision.ok) return decision;
  const count = await moveRecipients(tx, campaign.number, order);
  const next = count === 0 ? campaign : await changed(tx, campaign, decision.value);
  return { ok: true, value: { campaign: next, resend: await write(tx, campaign.number, order, count) } };
};

const list = `
  select campaign.id as campaign_id, newest.* from campaign
  cross join lateral (
    select ${columns} from resend where resend.campaign = campaign.number order by resend.at desc, resend.id desc limit 100
  ) as newest
  where campaign.id = any($1::uuid[]) order by campaign.id, newest.at desc, newest.id desc`;

const resends = async (sql: Sql, campaignIds: readonly string[]): Promise<Map<string, Resend[]>> => {
  const found = new Map<string, Resend[]>(campaignIds.map((id) => [id, []]));
  const rows = await sql.query<Row & { campaign_id: string }>(list, [campaignIds.filter(isId)]);
  for (const row of rows) found.get(row.campaign_id)?.push(resendOf(row));
  return found;
};

export const createResendStore = (database: Pick<Database, 'sql' | 'transaction'>): ResendStore => ({
  resend: (campaignId, order, decide) => database.transaction((tx) => resend(tx, campaignId, { order, decide })),
  resends: (campaignIds) => resends(database.sql, campaignIds),
});
