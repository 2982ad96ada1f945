/** Saves what was counted: numbers, lanes and positions in one transaction, so that a crash repeats all of it or nothing. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Database, Sql } from '@sendpool/database';
import { AppError } from '@sendpool/kernel';
import { sumDeltas, type CountDelta } from '../domain/counts.ts';
import type { CountStore, LaneChange, LanePosition } from '../domain/count-events.ts';
import { emptyLane } from '../domain/fold.ts';
import { saveAttempts, savePoolSends } from './save-sends.ts';
import { counterArrays, counterColumns, counterIncrements, counterParameters } from './counter-columns.ts';

const topic = deliveryEventsTopic.name;
const minuteMs = 60_000;

/** Rows are locked in the order of their partition, so that two writers never wait for each other. */
const movePositions = `with moved as materialized (
    select c.partition from consumed c join unnest($2::int[], $3::bigint[]) u(partition, expected)
      on u.partition = c.partition and u.expected = c.next_offset
    where c.topic = $1 order by c.partition for no key update of c)
  update consumed c set next_offset = u.next from unnest($2::int[], $4::bigint[]) u(partition, next)
  where c.topic = $1 and c.partition = u.partition and c.partition in (select partition from moved) returning c.partition`;

const movePositionBack =
  'update consumed set next_offset = $4 where topic = $1 and partition = $2 and next_offset = $3';

const writeLanes = `insert into lane as l(lane, settled, open, counted_at)
  select u.lane, u.settled, '[]', u.at from unnest($1::int[], $2::text[], $3::bigint[]) u(lane, settled, at) order by u.lane
  on conflict (lane) do update set settled = excluded.settled, counted_at = coalesce(excluded.counted_at, l.counted_at)`;

const writeOpen = `update lane l set open = u.open from unnest($1::int[], $2::text[]) u(lane, open) where l.lane = u.lane`;

const addMinutes = `insert into server_minute as n(server_id, minute, provider, ${counterColumns})
  select * from unnest($1::text[], $2::int[], $3::text[], ${counterParameters(4)})
  on conflict (server_id, minute, provider) do update set ${counterIncrements}`;

const addCampaigns = `insert into campaign_server as n(campaign_id, server_id, provider, ${counterColumns})
  select * from unnest($1::text[], $2::text[], $3::text[], ${counterParameters(4)})
  on conflict (campaign_id, server_id, provider) do update set ${counterIncrements}`;

/** Deltas of one key summed, in the order of their keys: writers take row locks in one order. */
const rowsBy = (deltas: readonly CountDelta[], keyOf: (delta: CountDelta) => string) =>
  [...sumDeltas(deltas, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);

const saveMinutes = async (tx: Sql, deltas: readonly CountDelta[]): Promise<void> => {
  const rows = rowsBy(deltas, (delta) => `${delta.serverId}\n${delta.minute}\n${delta.provider}`);
  if (rows.length === 0) return;
  await tx.query(addMinutes, [
    rows.map((row) => row.serverId),
    rows.map((row) => row.minute / minuteMs),
    rows.map((row) => row.provider),
    ...counterArrays(rows.map((row) => row.add)),
  ]);
};

const saveCampaigns = async (tx: Sql, deltas: readonly CountDelta[]): Promise<void> => {
  const rows = rowsBy(deltas, (delta) => `${delta.campaignId}\n${delta.serverId}\n${delta.provider}`);
  if (rows.length === 0) return;
  await tx.query(addCampaigns, [
    rows.map((row) => row.campaignId),
    rows.map((row) => row.serverId),
    rows.map((row) => row.provider),
    ...counterArrays(rows.map((row) => row.add)),
  ]);
};

const savePositions = async (tx: Sql, changes: readonly LaneChange[]): Promise<void> => {
  const lanes = changes.map((change) => change.lane);
  const moved = await tx.query(movePositions, [
    topic,
    lanes,
    changes.map((change) => change.expected),
    changes.map((change) => change.next),
  ]);
  if (moved.length === changes.length) return;
  throw new AppError('CONFLICT', 'another process has counted this lane further', { retriable: true });
};

const saveLanes = async (tx: Sql, changes: readonly LaneChange[]): Promise<void> => {
  await tx.query(writeLanes, [
    changes.map((change) => change.lane),
    changes.map((change) => JSON.stringify(change.state.settled)),
    changes.map((change) => change.lastAt ?? null),
  ]);
  const changed = changes.filter((change) => change.openChanged);
  if (changed.length === 0) return;
  await tx.query(writeOpen, [
    changed.map((change) => change.lane),
    changed.map((change) => JSON.stringify(change.state.open)),
  ]);
};

const beginLanes = `insert into consumed(topic, partition, next_offset) select $1, unnest($2::int[]), 0 on conflict do nothing`;

const readLanes = `select c.partition as lane, c.next_offset as next, l.settled, l.open
  from consumed c left join lane l on l.lane = c.partition where c.topic = $1 and c.partition = any($2::int[])`;

type LaneRow = { lane: number; next: number; settled: string | null; open: string | null };

const positionOf = ({ lane, next, settled, open }: LaneRow): LanePosition => {
  if (settled === null || open === null) return { lane, next, state: emptyLane };
  return { lane, next, state: { settled: JSON.parse(settled), open: JSON.parse(open) } };
};

export const createCountStore = (database: Database): CountStore => ({
  load: async (lanes) => {
    await database.sql.query(beginLanes, [topic, lanes]);
    return (await database.sql.query<LaneRow>(readLanes, [topic, lanes])).map(positionOf);
  },
  rewind: async (lane, from, to) => {
    await database.sql.query(movePositionBack, [topic, lane, from, to]);
  },
  save: (changes) =>
    database.transaction(async (tx) => {
      const deltas = changes.flatMap((change) => change.deltas);
      await savePositions(tx, changes);
      await saveLanes(tx, changes);
      await saveMinutes(tx, deltas);
      await saveCampaigns(tx, deltas);
      await savePoolSends(tx, deltas);
      await saveAttempts(tx, deltas);
    }),
});
