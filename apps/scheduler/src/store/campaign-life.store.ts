/** The steps that campaigns take by themselves, as transactions over chunks of recipients. */
import { laneLimits } from '@sendpool/contracts';
import type { Database, Sql } from '@sendpool/database';
import type { CampaignLifeStore } from '../domain/campaign-life.ts';
import { isFinished, type CampaignStanding } from '../domain/is-finished.ts';
import { prepareChunk } from './prepare-chunk.ts';
import { stateNumber } from './states.ts';
import { tellStatus } from './tell-webhooks.ts';

/** Recipients in one step; a multiple of the block. */
const chunk = 20 * laneLimits.block;

const waiting = `
  select number, status from campaign
  where status = 'PREPARING' or (status = 'CANCELLED' and swept_seq < prepared_seq)
    or (status = 'SENDING' and not exists (
      select from campaign_lane where campaign = campaign.number and pending + in_flight + deferred > 0))
  order by number`;

const workWaiting: (sql: Sql) => ReturnType<CampaignLifeStore['workWaiting']> = async (sql) => {
  const rows = await sql.query<{ number: number; status: string }>(waiting);
  const numbers = (status: string): number[] => rows.filter((row) => row.status === status).map((row) => row.number);
  return { prepare: numbers('PREPARING'), sweep: numbers('CANCELLED'), finish: numbers('SENDING') };
};

const sweep = `
  with swept as materialized (
    select seq, lane, state from recipient
    where campaign = $1 and seq >= $2 and seq < $3 and state in (${stateNumber('PENDING')}, ${stateNumber('DEFERRED')})
    order by seq for no key update
  ), changed as (
    update recipient set state = ${stateNumber('CANCELLED')} from swept where recipient.campaign = $1 and recipient.seq = swept.seq
  ), facts as (
    update recipient_fact set due_at = null where campaign = $1 and seq >= $2 and seq < $3 and due_at is not null
  ), counts as (
    select lane, count(*) filter (where state = ${stateNumber('PENDING')}) as pending, count(*) as whole
    from swept group by lane order by lane
  )
  update campaign_lane set pending = campaign_lane.pending - counts.pending,
    deferred = campaign_lane.deferred - (counts.whole - counts.pending), cancelled = campaign_lane.cancelled + counts.whole
  from counts where campaign_lane.campaign = $1 and campaign_lane.lane = counts.lane`;

/** The status is CANCELLED since before this transaction, so no recipient can become PENDING or DEFERRED behind the sweep. */
const sweepChunk = async (tx: Sql, campaign: number): Promise<'MORE' | 'DONE'> => {
  const [row] = await tx.query<{ swept_seq: number; prepared_seq: number }>(
    `select swept_seq, prepared_seq from campaign where number = $1 and status = 'CANCELLED' for update`,
    [campaign],
  );
  if (row === undefined || row.swept_seq >= row.prepared_seq) return 'DONE';
  const end = Math.min(row.prepared_seq, row.swept_seq + chunk);
  await tx.query(sweep, [campaign, row.swept_seq, end]);
  await tx.query('update campaign set swept_seq = $2 where number = $1', [campaign, end]);
  return end < row.prepared_seq ? 'MORE' : 'DONE';
};

const counts = `
  select coalesce(sum(pending), 0)::int as pending, coalesce(sum(in_flight), 0)::int as "inFlight",
    coalesce(sum(deferred), 0)::int as deferred, max(last_unknown_at) as "unknownAt"
  from campaign_lane where campaign = $1`;

/** Looked for only when nothing else keeps the campaign open. */
const due = 'select from recipient_fact where campaign = $1 and due_at is not null limit 1';

const standingOf = async (tx: Sql, campaign: number): Promise<CampaignStanding> => {
  const [row] = await tx.query<Omit<CampaignStanding, 'due'>>(counts, [campaign]);
  const standing = { ...row!, due: 0 };
  if (standing.pending + standing.inFlight + standing.deferred > 0) return standing;
  return { ...standing, due: (await tx.query(due, [campaign])).length };
};

/** The lock on the campaign waits for outcomes that are being recorded. */
const finishIfDone = async (tx: Sql, campaign: number, now: Date, graceMs: number): Promise<boolean> => {
  const [row] = await tx.query(`select from campaign where number = $1 and status = 'SENDING' for update`, [campaign]);
  if (row === undefined) return false;
  if (!isFinished(await standingOf(tx, campaign), now.getTime(), graceMs)) return false;
  const text = `update campaign set status = 'FINISHED', revision = revision + 1, finished_at = $2 where number = $1`;
  await tx.query(text, [campaign, now]);
  await tellStatus(tx, [campaign]);
  return true;
};

const prepare = async (tx: Sql, campaign: number, lanes: number): Promise<'MORE' | 'DONE'> => {
  const result = await prepareChunk(tx, { campaign, lanes, chunk });
  if (result === 'PREPARED') await tellStatus(tx, [campaign]);
  return result === 'MORE' ? 'MORE' : 'DONE';
};

export const createCampaignLifeStore = (database: Pick<Database, 'sql' | 'transaction'>): CampaignLifeStore => ({
  dueToStart: async (now) => {
    const text = `select id from campaign where status = 'SCHEDULED' and scheduled_at <= $1 order by scheduled_at`;
    return (await database.sql.query<{ id: string }>(text, [now])).map((row) => row.id);
  },
  workWaiting: () => workWaiting(database.sql),
  prepareChunk: (campaign, lanes) => database.transaction((tx) => prepare(tx, campaign, lanes)),
  sweepChunk: (campaign) => database.transaction((tx) => sweepChunk(tx, campaign)),
  finishIfDone: (campaign, now, graceMs) => database.transaction((tx) => finishIfDone(tx, campaign, now, graceMs)),
});
