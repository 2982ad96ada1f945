/** Delivery events in PostgreSQL: position, recipients and counters move in one transaction. */
import { deliveryEventsTopic, laneLimits } from '@sendpool/contracts';
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { CampaignRow, RecipientRow } from '../domain/recipient.ts';
import type { HeldBack, Loaded, RecordBatch, RecordStore, SequenceRange } from '../domain/record-store.ts';
import { pausesOf } from './lane-work.ts';
import { lockRecipients } from './lock-recipients.ts';
import { saveChanges, savePauses } from './save-changes.ts';
import { stateNumber } from './states.ts';
import { tellEnds } from './tell-webhooks.ts';

const topic = deliveryEventsTopic.name;
const largestInt = 2_147_483_647;

const movePosition = `
  update consumed set next_offset = $4 where topic = $1 and partition = $2 and next_offset = $3
  returning (extract(epoch from clock_timestamp()) * 1000)::bigint as now`;

const lockCampaigns = `
  select number, id, status, pool_id as "poolId", unknown_policy as "unknownPolicy" from campaign
  where id = any($1::uuid[]) or number = any($2::int[]) order by number for share`;

/** Rare (a batch of the log was lost, or a ledger), so it walks the blocks of the lane and needs no index of its own. */
const inRange = `
  select recipient.campaign, recipient.seq from campaign_lane here
  join recipient_block block on block.campaign = here.campaign and block.lane = here.lane
  join recipient on recipient.campaign = block.campaign and recipient.seq >= block.block * ${laneLimits.block}
    and recipient.seq < (block.block + 1) * ${laneLimits.block}
  where here.lane = $1 and here.in_flight > 0 and recipient.state = ${stateNumber('IN_FLIGHT')}
    and recipient.sequence between $2 and $3`;

type Key = { readonly campaign: number; readonly seq: number };

const keysInRanges = async (tx: Sql, ranges: readonly SequenceRange[]): Promise<Key[]> => {
  const keys: Key[] = [];
  for (const { lane, from, to } of ranges) keys.push(...(await tx.query<Key>(inRange, [lane, from, to])));
  return keys;
};

const isInRange = (row: RecipientRow, ranges: readonly SequenceRange[]): boolean =>
  row.state === 'IN_FLIGHT' &&
  ranges.some(({ lane, from, to }) => row.lane === lane && row.sequence >= from && row.sequence <= to);

/** Numbers that no campaign has are never asked for: an event may hold anything. */
const namedKeys = (batch: RecordBatch, campaigns: readonly CampaignRow[]): Key[] => {
  const numbers = new Map(campaigns.map((campaign) => [campaign.id, campaign.number]));
  return batch.keys.flatMap(({ campaignId, recipient }) => {
    const campaign = numbers.get(campaignId);
    return campaign === undefined || recipient < 0 || recipient > largestInt ? [] : [{ campaign, seq: recipient }];
  });
};

const rowsOf = async (
  tx: Sql,
  named: readonly Key[],
  ranged: { keys: readonly Key[]; ranges: readonly SequenceRange[] },
) => {
  const keys = [...named, ...ranged.keys];
  const rows = await lockRecipients(tx, {
    campaigns: keys.map(({ campaign }) => campaign),
    numbers: keys.map(({ seq }) => seq),
  });
  if (ranged.keys.length === 0) return rows;
  const asked = new Set(named.map(({ campaign, seq }) => `${campaign}:${seq}`));
  return rows.filter((row) => asked.has(`${row.campaign}:${row.number}`) || isInRange(row, ranged.ranges));
};

/** The order of locks is that of every transaction here: campaigns, recipients, facts, counters, pauses. */
const load = async (tx: Sql, batch: RecordBatch, now: number): Promise<Loaded> => {
  const ranged = await keysInRanges(tx, batch.ranges);
  const ids = [...new Set(batch.keys.map(({ campaignId }) => campaignId))].filter(isId);
  const campaigns = await tx.query<CampaignRow>(lockCampaigns, [ids, [...new Set(ranged.map((key) => key.campaign))]]);
  const rows = await rowsOf(tx, namedKeys(batch, campaigns), { keys: ranged, ranges: batch.ranges });
  const pauses = await pausesOf(
    tx,
    batch.partition,
    campaigns.map((campaign) => campaign.poolId),
  );
  return { rows, campaigns, pauses, now };
};

const holdBack = `
  update campaign_lane set held_by = held.reason, held_at = held.at
  from unnest($1::int[], $2::smallint[], $3::text[], $4::bigint[]) as held (campaign, lane, reason, at)
  where campaign_lane.campaign = held.campaign and campaign_lane.lane = held.lane`;

/** The counters of the same rows were moved just before, so their locks are held. */
const saveHeld = async (tx: Sql, held: readonly HeldBack[]): Promise<void> => {
  if (held.length === 0) return;
  await tx.query(holdBack, [
    held.map(({ campaign }) => campaign),
    held.map(({ lane }) => lane),
    held.map(({ reason }) => reason),
    held.map(({ at }) => at),
  ]);
};

const positions = async (sql: Sql, partitions: readonly number[]): Promise<Map<number, number>> => {
  await sql.query(
    `insert into consumed (topic, partition, next_offset) select $1, partition, 0 from unnest($2::smallint[]) as given (partition)
     on conflict do nothing`,
    [topic, partitions],
  );
  const rows = await sql.query<{ partition: number; next_offset: number }>(
    'select partition, next_offset from consumed where topic = $1 and partition = any($2::smallint[])',
    [topic, partitions],
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
};

export const createRecordStore = (database: Pick<Database, 'sql' | 'transaction'>): RecordStore => ({
  positions: (partitions) => positions(database.sql, partitions),
  apply: (batch, decide) =>
    database.transaction(async (tx) => {
      const [moved] = await tx.query<{ now: number }>(movePosition, [
        topic,
        batch.partition,
        batch.expected,
        batch.next,
      ]);
      if (moved === undefined) return 'MOVED';
      const decided = decide(await load(tx, batch, moved.now));
      await saveChanges(tx, decided);
      await saveHeld(tx, decided.held);
      await savePauses(tx, batch.partition, decided.pools);
      await tellEnds(tx, decided.untold);
      return 'APPLIED';
    }),
});
