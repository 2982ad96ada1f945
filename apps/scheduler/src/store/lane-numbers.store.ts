/** How each lane stands: for the metrics, and to be compared with the log. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Database } from '@sendpool/database';
import type { LaneInDatabase } from '../domain/lane-step.ts';

type LaneNumber = { lane: number; value: number };

const recorded = 'select partition as lane, next_offset as value from consumed where topic = $1';

const inFlight = `
  select lane.lane, coalesce(sum(campaign_lane.in_flight), 0)::int as value
  from lane left join (campaign_lane join campaign on campaign.number = campaign_lane.campaign
    and campaign.status in ('SENDING', 'PAUSED', 'CANCELLED')) on campaign_lane.lane = lane.lane
  group by lane.lane`;

const standing = `
  select given.lane, coalesce(lane.last_sequence, -1) as "lastSequence", coalesce(consumed.next_offset, 0) as recorded
  from unnest($2::smallint[]) as given (lane) left join lane on lane.lane = given.lane
  left join consumed on consumed.topic = $1 and consumed.partition = given.lane`;

const held = 'select count(*)::int as value from lane where owner is not null and lease_until > clock_timestamp()';

/** The condition of the index `campaign_active`, and no more: campaigns of years need not be looked at. */
const campaigns = `
  select status, count(*)::int as value from campaign
  where status not in ('DRAFT', 'FINISHED') and status <> 'CANCELLED' group by status`;

const byLane = (rows: readonly LaneNumber[]): Map<number, number> =>
  new Map(rows.map(({ lane, value }) => [lane, value]));

export const createLaneNumbers = (database: Pick<Database, 'sql'>) => ({
  recorded: async () => byLane(await database.sql.query<LaneNumber>(recorded, [deliveryEventsTopic.name])),
  standing: async (lanes: readonly number[]): Promise<Map<number, LaneInDatabase>> => {
    const rows = await database.sql.query<LaneInDatabase>(standing, [deliveryEventsTopic.name, lanes]);
    return new Map(rows.map((row) => [row.lane, row]));
  },
  inFlight: async () => byLane(await database.sql.query<LaneNumber>(inFlight)),
  held: async (): Promise<number> => (await database.sql.query<{ value: number }>(held))[0]!.value,
  campaigns: async (): Promise<Map<string, number>> => {
    const rows = await database.sql.query<{ status: string; value: number }>(campaigns);
    return new Map(rows.map(({ status, value }) => [status, value]));
  },
});
