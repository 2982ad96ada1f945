/** Lanes in PostgreSQL: their leases, and the transaction that takes a slice and keeps its records as the intent. */
import type { Database, Sql } from '@sendpool/database';
import { AppError } from '@sendpool/kernel';
import type { LaneLease, LaneStore, SliceSave, SliceTransaction } from '../domain/lane-store.ts';
import type { CampaignTake } from '../domain/plan-slice.ts';
import { campaignsInLane, nextDueAt, pausesOf } from './lane-work.ts';
import { saveChanges, savePauses } from './save-changes.ts';
import { sliceCandidates } from './slice-candidates.ts';

/** Records are JSON, which has no line breaks of its own. */
const between = '\n';

/**
 * Milliseconds; each look at the lane renews the lease. One that has run out, and that nobody else wants, still holds: only the group's
 * next owner of the lane asks for it.
 */
const leaseMs = 8000;
const leaseEnd = `clock_timestamp() + interval '${leaseMs} milliseconds'`;

const acquireLane = `
  update lane set owner = $2, lease_until = ${leaseEnd}, epoch = case when owner = $2 then epoch else epoch + 1 end
  where lane = $1 and (owner is null or owner = $2 or lease_until < clock_timestamp())
  returning epoch, last_sequence as "lastSequence", intent`;

type LaneRow = { epoch: number; lastSequence: number; intent: string | null };

const acquire = async (sql: Sql, lane: number, owner: string): Promise<LaneLease | undefined> => {
  const [row] = await sql.query<LaneRow>(acquireLane, [lane, owner]);
  if (row === undefined) return undefined;
  const { epoch, lastSequence, intent } = row;
  return {
    lane,
    epoch,
    lastSequence,
    intent: intent === null ? undefined : { lastSequence, records: intent.split(between) },
  };
};

/** No row: the lane has another owner, or a transaction that was given up has taken another slice. */
const lockLane = `
  update lane set lease_until = ${leaseEnd} where lane = $1 and epoch = $2 and last_sequence = $3
  returning (extract(epoch from clock_timestamp()) * 1000)::bigint as now`;

const saveIntent = 'update lane set last_sequence = $2, intent = $3 where lane = $1';

const moveOn = `
  update campaign_lane set fresh = campaign_lane.fresh - take.fresh, next_seq = coalesce(take.next_seq, campaign_lane.next_seq),
    send_window = take.send_window
  from unnest($1::int[], $2::smallint[], $3::int[], $4::int[], $5::int[]) as take (campaign, lane, fresh, next_seq, send_window)
  where campaign_lane.campaign = take.campaign and campaign_lane.lane = take.lane`;

/** The counters of the same rows were moved just before, so their locks are held. */
const saveTakes = async (tx: Sql, takes: readonly CampaignTake[]): Promise<void> => {
  if (takes.length === 0) return;
  await tx.query(moveOn, [
    takes.map((take) => take.campaign),
    takes.map((take) => take.lane),
    takes.map((take) => take.fresh),
    takes.map((take) => take.nextNumber),
    takes.map((take) => take.window),
  ]);
};

const save = async (tx: Sql, lane: number, slice: SliceSave): Promise<void> => {
  await saveChanges(tx, slice);
  await saveTakes(tx, slice.takes);
  await savePauses(tx, lane, slice.pools);
  await tx.query(saveIntent, [lane, slice.lastSequence, slice.intent?.records.join(between) ?? null]);
};

const createTransaction = (tx: Sql): SliceTransaction => {
  let locked: number | undefined;
  return {
    lock: async ({ lane, epoch, produced }) => {
      locked = lane;
      return (await tx.query<{ now: number }>(lockLane, [lane, epoch, produced]))[0];
    },
    campaigns: async (lane, now) => {
      const campaigns = await campaignsInLane(tx, lane, now);
      const pauses = await pausesOf(
        tx,
        lane,
        campaigns.map((campaign) => campaign.poolId),
      );
      return { campaigns, pauses };
    },
    candidates: (lane, shares, now) => sliceCandidates(tx, { lane, now }, shares),
    save: (slice) => {
      if (locked === undefined) throw new AppError('INTERNAL', 'a slice is saved in a lane that is not locked');
      return save(tx, locked, slice);
    },
    nextDueAt: (lane, now) => nextDueAt(tx, lane, now),
  };
};

/** Makes the rows of lanes 0 to `lanes` - 1 that are missing. Resolves to all lanes there are: when their number shrinks, old ones go on until they are empty. */
export const ensureLanes = async (sql: Sql, lanes: number): Promise<number[]> => {
  const text = 'insert into lane (lane) select generate_series(0, $1::int - 1) on conflict (lane) do nothing';
  await sql.query(text, [lanes]);
  return (await sql.query<{ lane: number }>('select lane from lane order by lane')).map(({ lane }) => lane);
};

export const createLaneStore = (database: Pick<Database, 'sql' | 'transaction'>): LaneStore => ({
  acquire: (lane, owner) => acquire(database.sql, lane, owner),
  release: async (lane, epoch) => {
    const text = `update lane set owner = null, lease_until = '-infinity' where lane = $1 and epoch = $2`;
    await database.sql.query(text, [lane, epoch]);
  },
  slice: (work) => database.transaction((tx) => work(createTransaction(tx))),
});
