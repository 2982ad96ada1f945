/** What there is to publish in a lane, and when there will be more. */
import { laneLimits } from '@sendpool/contracts';
import type { Sql } from '@sendpool/database';
import type { CampaignInLane } from '../domain/plan-slice.ts';
import type { PoolPause } from '../domain/pool-pause.ts';

/** A campaign takes part once its newest revision lies in the log: the senders would otherwise wait for it. */
const runs = `campaign.status = 'SENDING' and campaign.prepared and campaign.acknowledged = campaign.revision`;

/** Nobody counts beyond a slice. */
const dueCount = `(select count(*) from (
  select from recipient_fact fact where fact.lane = $1 and fact.campaign = campaign.number and fact.due_at <= $2
  limit ${laneLimits.slice}) as due)`;

const inLane = `
  select campaign.number as campaign, campaign.id, campaign.revision, campaign.pool_id, campaign.trace, here.in_flight, here.send_window,
    here.fresh, ${dueCount} as due
  from campaign join campaign_lane here on here.campaign = campaign.number and here.lane = $1
  where ${runs} and (here.fresh > 0 or exists (
    select from recipient_fact fact where fact.lane = $1 and fact.campaign = campaign.number and fact.due_at <= $2))
  order by campaign.number for share of campaign`;

type Row = {
  campaign: number;
  id: string;
  revision: number;
  pool_id: string;
  trace: string | null;
  in_flight: number;
  send_window: number;
  fresh: number;
  due: number;
};

export const campaignsInLane = async (tx: Sql, lane: number, now: number): Promise<CampaignInLane[]> => {
  const rows = await tx.query<Row>(inLane, [lane, now]);
  return rows.map((row) => ({
    campaign: row.campaign,
    id: row.id,
    revision: row.revision,
    poolId: row.pool_id,
    trace: row.trace ?? undefined,
    inFlight: row.in_flight,
    window: row.send_window,
    due: row.due,
    fresh: row.fresh,
  }));
};

/** Of one lane: what one sender cannot reach, another may. */
export const pausesOf = async (tx: Sql, lane: number, poolIds: readonly string[]): Promise<PoolPause[]> => {
  if (poolIds.length === 0) return [];
  const text =
    'select pool_id as "poolId", strikes, until, reason from pool_pause where lane = $1 and pool_id = any($2::text[])';
  return tx.query<PoolPause>(text, [lane, [...new Set(poolIds)]]);
};

const next = `
  select least(
    (select min(first.due_at) from campaign cross join lateral (
       select fact.due_at from recipient_fact fact
       where fact.lane = $1 and fact.campaign = campaign.number and fact.due_at > $2 order by fact.due_at limit 1
     ) as first where ${runs}),
    (select min(pool_pause.until) from pool_pause join campaign on campaign.pool_id = pool_pause.pool_id
     where ${runs} and pool_pause.lane = $1 and pool_pause.until > $2)
  ) as at`;

export const nextDueAt = async (tx: Sql, lane: number, now: number): Promise<number | null> => {
  const [row] = await tx.query<{ at: number | null }>(next, [lane, now]);
  return row?.at ?? null;
};
