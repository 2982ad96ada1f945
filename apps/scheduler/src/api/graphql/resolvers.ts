/** All resolvers of this subgraph, and its schema. */
import { readFileSync } from 'node:fs';
import { createAudienceResolvers } from './audience.resolver.ts';
import { createCampaignResolvers } from './campaign.resolver.ts';
import type { UseCases } from './use-cases.ts';

export const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

export const createResolvers = (use: UseCases): object => {
  const [audiences, campaigns] = [createAudienceResolvers(use), createCampaignResolvers(use)];
  return {
    ...audiences,
    ...campaigns,
    Query: { ...audiences.Query, ...campaigns.Query },
    Mutation: { ...audiences.Mutation, ...campaigns.Mutation },
  };
};
