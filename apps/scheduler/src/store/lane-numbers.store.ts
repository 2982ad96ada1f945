/** How each lane stands, for the metrics. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { Database } from '@sendpool/database';

type LaneNumber = { lane: number; value: number };

const recorded = 'select partition as lane, next_offset as value from consumed where topic = $1';

const inFlight = `
  select lane.lane, coalesce(sum(campaign_lane.in_flight), 0)::int as value
  from lane left join (campaign_lane join campaign on campaign.number = campaign_lane.campaign
    and campaign.status in ('SENDING', 'PAUSED', 'CANCELLED')) on campaign_lane.lane = lane.lane
  group by lane.lane`;

const byLane = (rows: readonly LaneNumber[]): Map<number, number> =>
  new Map(rows.map(({ lane, value }) => [lane, value]));

export const createLaneNumbers = (database: Pick<Database, 'sql'>) => ({
  recorded: async () => byLane(await database.sql.query<LaneNumber>(recorded, [deliveryEventsTopic.name])),
  inFlight: async () => byLane(await database.sql.query<LaneNumber>(inFlight)),
});
