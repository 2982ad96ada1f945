/** Rotation of pool members in GraphQL, and the verdicts behind it. */
import { loadServer } from './loaders.ts';
import type { RotationResolvers, RotationVerdictResolvers } from './schema.generated.ts';
import type { PoolUseCases } from './use-cases.ts';

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

export const createRotationResolvers = (use: PoolUseCases) => ({
  Rotation: {
    since: ({ since }) => dateOf(since === 0 ? null : since),
    until: ({ until }) => dateOf(until),
  } satisfies RotationResolvers,
  RotationVerdict: {
    id: ({ verdict }) => verdict.id,
    kind: ({ verdict }) => verdict.kind,
    server: ({ verdict: { serverId } }, _, context) =>
      serverId === null ? null : loadServer(context, use.servers, serverId),
    campaignIds: ({ verdict }) => [...verdict.campaignIds],
    at: ({ verdict }) => new Date(verdict.at),
    evidence: ({ verdict }) => verdict.evidence,
    words: ({ verdict }) => verdict.words,
  } satisfies RotationVerdictResolvers,
});
