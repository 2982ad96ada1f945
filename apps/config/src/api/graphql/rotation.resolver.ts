/** Rotation of pool members in GraphQL, and the verdicts behind it. */
import { loadServer } from './loaders.ts';
import type { RotationEvidenceResolvers, RotationResolvers, RotationVerdictResolvers } from './schema.generated.ts';
import type { PoolUseCases } from './use-cases.ts';

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

export const createRotationResolvers = (use: PoolUseCases) => ({
  Rotation: {
    since: ({ since }) => dateOf(since === 0 ? null : since),
    until: ({ until }) => dateOf(until),
  } satisfies RotationResolvers,
  RotationEvidence: {
    windowSends: ({ window }) => window,
    judgedBounces: ({ bounced }) => bounced,
    judgedRate: ({ rate }) => rate,
  } satisfies RotationEvidenceResolvers,
  RotationVerdict: {
    id: ({ verdict }) => verdict.id,
    kind: ({ verdict }) => verdict.kind,
    server: ({ verdict: { serverId } }, _, context) =>
      serverId === null ? null : loadServer(context, use.servers, serverId),
    campaigns: ({ verdict }) => verdict.campaignIds.map((id) => ({ id })),
    at: ({ verdict }) => new Date(verdict.at),
    evidence: ({ verdict }) => verdict.evidence,
    words: ({ verdict }) => verdict.words,
    notAppliedReason: ({ whyNot }) => whyNot,
  } satisfies RotationVerdictResolvers,
});
