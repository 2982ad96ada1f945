/** Which campaign revisions the log does not have yet. */
import type { Database } from '@sendpool/database';
import { campaignRecordOf } from '../domain/campaign.ts';
import type { CampaignOutbox } from '../domain/campaign-life.ts';
import { campaignColumns, campaignOf, type CampaignRow } from './campaign-row.ts';

const recordOf = (row: CampaignRow): ReturnType<typeof campaignRecordOf> => campaignRecordOf(campaignOf(row));

export const createCampaignOutbox = (database: Pick<Database, 'sql'>): CampaignOutbox => ({
  unacknowledged: async (max) => {
    const text = `select ${campaignColumns} from campaign
      where acknowledged < revision and started_at is not null order by number limit $1`;
    return (await database.sql.query<CampaignRow>(text, [max])).map(recordOf);
  },
  running: async () => {
    const text = `select id from campaign where acknowledged > 0 and status not in ('FINISHED', 'CANCELLED')`;
    return (await database.sql.query<{ id: string }>(text)).map(({ id }) => id);
  },
  acknowledge: async (records) => {
    await database.sql.query(
      `update campaign set acknowledged = seen.revision from unnest($1::uuid[], $2::int[]) as seen (id, revision)
       where campaign.id = seen.id and campaign.acknowledged < seen.revision and campaign.revision >= seen.revision`,
      [records.map((record) => record.id), records.map((record) => record.revision)],
    );
  },
  newerThan: async (seen) => {
    const text = `select ${campaignColumns} from campaign
      where exists (select from unnest($1::uuid[], $2::int[]) as seen (id, revision)
        where seen.id = campaign.id and seen.revision < campaign.acknowledged)`;
    return (await database.sql.query<CampaignRow>(text, [[...seen.keys()], [...seen.values()]])).map(recordOf);
  },
  olderThan: (seen) =>
    database.sql.query<{ id: string; isKnown: boolean }>(
      `select seen.id, campaign.id is not null as "isKnown"
       from unnest($1::uuid[], $2::int[]) as seen (id, revision) left join campaign on campaign.id = seen.id
       where campaign.id is null or campaign.revision < seen.revision`,
      [[...seen.keys()], [...seen.values()]],
    ),
});
