/** SendingServerPool as stats knows it: what its members' bounces say now. */
import { loaderOf } from '@sendpool/graphql';
import type { MemberBounceReport } from '../../domain/bounce-report.ts';
import type { SendingServerPoolResolvers } from './schema.generated.ts';

export type PoolResolverDeps = {
  /** One report for each pool that config knows. */
  reports: (poolIds: readonly string[]) => Promise<Map<string, MemberBounceReport[]>>;
};

const rowOf = ({ serverId, window, bounced, rate, ...numbers }: MemberBounceReport) => ({
  ...numbers,
  windowSends: window,
  judgedBounces: bounced,
  judgedRate: rate,
  server: { id: serverId },
});

export const createPoolResolvers = ({ reports }: PoolResolverDeps): SendingServerPoolResolvers => ({
  bounceReport: async ({ id }, _arguments, context) => {
    const rows = (await loaderOf(context, 'bounce report', reports).load(id)) ?? [];
    return rows.map(rowOf);
  },
});
