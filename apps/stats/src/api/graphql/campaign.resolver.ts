/** Campaign as stats knows it: what each server did for it. A page of campaigns is one statement. */
import { loaderOf } from '@sendpool/graphql';
import type { Counts } from '../../domain/counts.ts';
import { bounceVerdict, summarise } from '../../domain/summary.ts';
import type { CampaignResolvers } from './schema.generated.ts';

export type CampaignNumbers = {
  byCampaign(campaignIds: readonly string[]): Promise<Map<string, { serverId: string; counts: Counts }[]>>;
};

type LimitOf = (serverId: string) => number;

const rowOf = ({ serverId, counts }: { serverId: string; counts: Counts }, limitOf: LimitOf) => ({
  server: serverId === '' ? null : { id: serverId },
  ...summarise(counts),
  exceedsBounceLimit: bounceVerdict(counts, limitOf(serverId)).significant,
});

/** `limitOf`: bounce rate that the pools of the server allow, 0 to 1. */
export const createCampaignResolvers = (numbers: CampaignNumbers, limitOf: LimitOf): CampaignResolvers => ({
  serverStats: async ({ id }, _arguments, context) => {
    const loader = loaderOf(context, 'campaign servers', (ids: readonly string[]) => numbers.byCampaign(ids));
    const rows = ((await loader.load(id)) ?? []).map((row) => rowOf(row, limitOf));
    return rows.filter((row) => row.attempted + row.failovers > 0);
  },
});
