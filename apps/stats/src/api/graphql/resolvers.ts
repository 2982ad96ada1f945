/** All resolvers of this subgraph, and its schema. */
import { readFileSync } from 'node:fs';
import type { Lag } from '../../domain/lag.ts';
import { createCampaignResolvers, type CampaignNumbers } from './campaign.resolver.ts';
import { createPoolResolvers, type PoolResolverDeps } from './pool.resolver.ts';
import type { Resolvers } from './schema.generated.ts';
import { createServerResolvers, type ServerResolverDeps } from './sending-server.resolver.ts';

export const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

export type ResolverDeps = ServerResolverDeps & PoolResolverDeps & { numbers: CampaignNumbers; lag(): Promise<Lag> };

export const createResolvers = (deps: ResolverDeps): Resolvers => ({
  SendingServer: createServerResolvers(deps),
  Campaign: createCampaignResolvers(deps.numbers, deps.limitOf),
  SendingServerPool: createPoolResolvers(deps),
  Query: { statsLag: () => deps.lag() },
});
