/** Lanes and campaigns in PostgreSQL during a restore. */
import { deliveryEventsTopic, laneLimits, type CampaignRecord } from '@sendpool/contracts';
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { takenOver } from '../domain/apply-event.ts';
import { countChanges } from '../domain/counters.ts';
import type { RecipientChange, RecipientRow } from '../domain/recipient.ts';
import type { CampaignRestoreStore, CampaignStand, HeldLane, LaneRestoreStore } from '../domain/restore-store.ts';
import { isFresh, type Publication } from '../domain/take-over.ts';
import { createLaneStore } from './lane.store.ts';
import { lockRecipients } from './lock-recipients.ts';
import { prepareChunk } from './prepare-chunk.ts';
import { createRecordStore } from './record.store.ts';
import { saveChanges } from './save-changes.ts';

type Transacting = Pick<Database, 'sql' | 'transaction'>;

const leaseEnd = `clock_timestamp() + interval '10 seconds'`;

/** No row: the lane has another owner, or another restore has finished it. */
const lockLane = `
  update lane set lease_until = ${leaseEnd} where lane = $1 and epoch = $2 and last_sequence = $3
  returning (extract(epoch from clock_timestamp()) * 1000)::bigint as now`;

const lock = async (tx: Sql, { lane, epoch, lastSequence }: HeldLane): Promise<number | undefined> =>
  (await tx.query<{ now: number }>(lockLane, [lane, epoch, lastSequence]))[0]?.now;

type Numbered = Publication & { readonly campaign: number };

/** Those of campaigns that the database knows. */
const numbered = async (tx: Sql, publications: readonly Publication[]): Promise<Numbered[]> => {
  const ids = [...new Set(publications.map(({ campaignId }) => campaignId))].filter(isId);
  const text = 'select number, id from campaign where id = any($1::uuid[]) order by number for share';
  const rows = await tx.query<{ number: number; id: string }>(text, [ids]);
  const numbers = new Map(rows.map(({ number, id }) => [id, number]));
  return publications.flatMap((publication) => {
    const campaign = numbers.get(publication.campaignId);
    return campaign === undefined ? [] : [{ ...publication, campaign }];
  });
};

const changesOf = (rows: readonly RecipientRow[], publications: readonly Numbered[]): RecipientChange[] => {
  const byKey = new Map(publications.map((one) => [`${one.campaign}:${one.recipient}`, one]));
  return rows
    .map((before) => ({ before, after: takenOver(before, byKey.get(`${before.campaign}:${before.number}`)!) }))
    .filter(({ before, after }) => before !== after);
};

const lessFresh = `
  update campaign_lane set fresh = campaign_lane.fresh - less.count
  from unnest($1::int[], $2::smallint[], $3::int[]) as less (campaign, lane, count)
  where campaign_lane.campaign = less.campaign and campaign_lane.lane = less.lane`;

/** The counters of the same rows were moved just before, so their locks are held. */
const saveFresh = async (tx: Sql, changes: readonly RecipientChange[]): Promise<void> => {
  const counts = new Map<number, number>();
  for (const { before } of changes)
    if (isFresh(before)) counts.set(before.campaign, (counts.get(before.campaign) ?? 0) + 1);
  if (counts.size === 0) return;
  const lane = changes[0]!.after.lane;
  await tx.query(lessFresh, [[...counts.keys()], [...counts.keys()].map(() => lane), [...counts.values()]]);
};

const takeOver = async (
  tx: Sql,
  held: HeldLane,
  publications: readonly Publication[],
): Promise<number | 'LEASE_LOST'> => {
  const now = await lock(tx, held);
  if (now === undefined) return 'LEASE_LOST';
  const wanted = await numbered(tx, publications);
  const rows = await lockRecipients(tx, {
    campaigns: wanted.map(({ campaign }) => campaign),
    numbers: wanted.map(({ recipient }) => recipient),
  });
  const changes = changesOf(rows, wanted);
  await saveChanges(tx, { changes, counters: countChanges(changes, now) });
  await saveFresh(tx, changes);
  return changes.length;
};

const rewind = `
  update consumed set next_offset = $4 where topic = $1 and partition = $2 and next_offset = $3 and next_offset > $4`;

const finish = `
  update lane set last_sequence = $4, intent = null where lane = $1 and epoch = $2 and last_sequence = $3 returning lane`;

export const createLaneRestoreStore = (database: Transacting): LaneRestoreStore => {
  const lanes = createLaneStore(database);
  const records = createRecordStore(database);
  return {
    hold: async (lane, owner) => {
      const lease = await lanes.acquire(lane, owner);
      if (lease === undefined) return undefined;
      const recorded = (await records.positions([lane])).get(lane) ?? 0;
      return { lane, epoch: lease.epoch, lastSequence: lease.lastSequence, recorded };
    },
    release: ({ lane, epoch }) => lanes.release(lane, epoch),
    takeOver: (held, publications) => database.transaction((tx) => takeOver(tx, held, publications)),
    rewind: async ({ lane, recorded }, end) => {
      await database.sql.query(rewind, [deliveryEventsTopic.name, lane, recorded, end]);
    },
    finish: async ({ lane, epoch, lastSequence }, fence) => {
      const done = await database.sql.query(finish, [lane, epoch, lastSequence, fence]);
      return done.length === 0 ? 'LEASE_LOST' : 'DONE';
    },
  };
};

/** Recipients in one step; a multiple of the block. */
const chunk = 20 * laneLimits.block;

/** The revision stays: that of the log is compared with it until the campaign is adopted. */
const prepare = async (tx: Sql, campaign: number, lanes: number): Promise<'MORE' | 'DONE'> => {
  const [row] = await tx.query<{ revision: number }>('select revision from campaign where number = $1 for update', [
    campaign,
  ]);
  await tx.query(`update campaign set status = 'PREPARING' where number = $1 and not prepared`, [campaign]);
  const result = await prepareChunk(tx, { campaign, lanes, chunk });
  await tx.query('update campaign set revision = $2 where number = $1', [campaign, row?.revision ?? 0]);
  return result === 'MORE' ? 'MORE' : 'DONE';
};

/** Only forward: a request that was given up and is carried out late must not undo what came after it. */
const adopt = `
  update campaign set revision = $2, status = $3, pool_id = $4, unknown_policy = $5, from_name = $6, from_address = $7,
    reply_to = $8, subject = $9, html = $10, body_text = $11, started_at = coalesce(started_at, clock_timestamp()),
    paused_reason = case when $3 = 'PAUSED' then paused_reason end,
    finished_at = case when $3 = 'CANCELLED' then coalesce(finished_at, clock_timestamp()) end
  where id = $1 and revision < $2`;

const adoptedValues = (record: CampaignRecord, revision: number): unknown[] => [
  record.id,
  revision,
  record.status === 'FINISHED' ? 'SENDING' : record.status,
  record.poolId,
  record.unknownPolicy,
  record.from.name,
  record.from.address,
  record.replyTo,
  record.subject,
  record.html,
  record.text,
];

export const createCampaignRestoreStore = (database: Transacting, lanes: number): CampaignRestoreStore => ({
  campaigns: () =>
    database.sql.query<CampaignStand>('select number, id, revision, status, prepared from campaign order by number'),
  prepare: (campaign) => database.transaction((tx) => prepare(tx, campaign, lanes)),
  adopt: async (record, revision) => void (await database.sql.query(adopt, adoptedValues(record, revision))),
  lift: async (id, revision) => {
    const text = 'update campaign set revision = greatest(revision, $2) where id = $1';
    await database.sql.query(text, [id, revision]);
  },
});
