/** All resolvers of this subgraph, and its schema. */
import { readFileSync } from 'node:fs';
import type { Lag } from '../../domain/lag.ts';
import type { LiveDeliveryEvents } from '../events/delivery-events.live.ts';
import { createCampaignResolvers, type CampaignNumbers } from './campaign.resolver.ts';
import { createDeliveryEventResolvers } from './delivery-events.resolver.ts';
import { createPoolResolvers, type PoolResolverDeps } from './pool.resolver.ts';
import type { Resolvers } from './schema.generated.ts';
import { createServerResolvers, type ServerResolverDeps } from './sending-server.resolver.ts';
import { createServerStatsSubscription, type ServerStatsDeps } from './server-stats.resolver.ts';

export const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

export type ResolverDeps = ServerResolverDeps &
  PoolResolverDeps &
  ServerStatsDeps & {
    numbers: CampaignNumbers;
    events: Pick<LiveDeliveryEvents, 'stream' | 'page'>;
    lag(): Promise<Lag>;
  };

export const createResolvers = (deps: ResolverDeps): Resolvers => {
  const { query, subscription, ...events } = createDeliveryEventResolvers(deps.events);
  return {
    SendingServer: createServerResolvers(deps),
    Campaign: createCampaignResolvers(deps.numbers, deps.limitOf),
    SendingServerPool: createPoolResolvers(deps),
    ...events,
    Query: { statsLag: () => deps.lag(), deliveryEvents: query },
    Subscription: { serverStats: createServerStatsSubscription(deps), deliveryEvents: subscription },
  };
};
