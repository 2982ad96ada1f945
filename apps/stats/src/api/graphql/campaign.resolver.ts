/** Campaign as stats knows it: what each server did for it. A page of campaigns is one statement. */
import { loaderOf } from '@sendpool/graphql';
import type { Counts } from '../../domain/counts.ts';
import { summarise } from '../../domain/summary.ts';
import type { CampaignResolvers } from './schema.generated.ts';

export type CampaignNumbers = {
  byCampaign(campaignIds: readonly string[]): Promise<Map<string, { serverId: string; counts: Counts }[]>>;
};

const rowOf = ({ serverId, counts }: { serverId: string; counts: Counts }) => ({
  server: serverId === '' ? null : { id: serverId },
  ...summarise(counts),
});

export const createCampaignResolvers = (numbers: CampaignNumbers): CampaignResolvers => ({
  serverStats: async ({ id }, _arguments, context) => {
    const loader = loaderOf(context, 'campaign servers', (ids: readonly string[]) => numbers.byCampaign(ids));
    const rows = ((await loader.load(id)) ?? []).map(rowOf);
    return rows.filter((row) => row.attempted + row.failovers > 0);
  },
});
