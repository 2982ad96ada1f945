/** All resolvers of this subgraph, and its schema. */
import { readFileSync } from 'node:fs';
import { createKeyResolvers } from './api-key.resolver.ts';
import { createPlanResolvers } from './plan.resolver.ts';
import { createPoolResolvers } from './pool.resolver.ts';
import { createRotationResolvers } from './rotation.resolver.ts';
import { createServerResolvers } from './sending-server.resolver.ts';
import type { UseCases } from './use-cases.ts';
import { createViewerResolvers } from './viewer.resolver.ts';

export const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

export const createResolvers = (use: UseCases): object => {
  const [servers, pools, keys] = [createServerResolvers(use), createPoolResolvers(use), createKeyResolvers(use)];
  const plans = createPlanResolvers(use);
  return {
    ...servers,
    ...pools,
    ...createRotationResolvers(use),
    ...plans,
    SendingServerPool: { ...pools.SendingServerPool, ...plans.SendingServerPool },
    Query: { ...servers.Query, ...pools.Query, ...keys.Query, ...createViewerResolvers(use).Query },
    Mutation: { ...servers.Mutation, ...pools.Mutation, ...keys.Mutation },
  };
};
