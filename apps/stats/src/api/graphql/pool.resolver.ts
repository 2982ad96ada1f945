/** SendingServerPool as stats knows it: what its members' bounces say now, and what was found about them. */
import type { RotationVerdict } from '@sendpool/contracts';
import { loaderOf } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { MemberBounceReport } from '../../domain/bounce-report.ts';
import type { SendingServerPoolResolvers } from './schema.generated.ts';

export type PoolResolverDeps = {
  /** One report for each pool that config knows. */
  reports: (poolIds: readonly string[]) => Promise<Map<string, MemberBounceReport[]>>;
  /** The newest findings of each pool, the newest first. */
  findings: (poolIds: readonly string[], last: number) => Promise<Map<string, RotationVerdict[]>>;
};

const maxFindings = 100;

const checkedLast = (last: number | null | undefined): number => {
  const count = last ?? 20;
  if (count >= 1 && count <= maxFindings) return count;
  throw new AppError('BAD_INPUT', `\`last\` must be from 1 to ${maxFindings}`);
};

const findingOf = ({ id, kind, at, serverId, campaignIds, words, evidence }: RotationVerdict) => ({
  ...evidence,
  id,
  kind,
  at: new Date(at),
  server: serverId === null ? null : { id: serverId },
  campaigns: campaignIds.map((campaignId) => ({ id: campaignId })),
  words,
});

const rowOf = ({ serverId, ...numbers }: MemberBounceReport) => ({ ...numbers, server: { id: serverId } });

export const createPoolResolvers = ({ reports, findings }: PoolResolverDeps): SendingServerPoolResolvers => ({
  bounceReport: async ({ id }, _arguments, context) => {
    const rows = (await loaderOf(context, 'bounce report', reports).load(id)) ?? [];
    return rows.map(rowOf);
  },
  rotationFindings: async ({ id }, { last }, context) => {
    const count = checkedLast(last);
    const loader = loaderOf(context, `findings ${count}`, (ids: readonly string[]) => findings(ids, count));
    return ((await loader.load(id)) ?? []).map(findingOf);
  },
});
