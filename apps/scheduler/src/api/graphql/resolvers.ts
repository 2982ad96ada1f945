/** All resolvers of this subgraph, and its schema. */
import { readFileSync } from 'node:fs';
import { createAudienceResolvers } from './audience.resolver.ts';
import { createProgressSubscription } from './campaign-progress.resolver.ts';
import { createCampaignResolvers } from './campaign.resolver.ts';
import { createContactResolvers } from './contact.resolver.ts';
import { createImportSubscription } from './contact-import.resolver.ts';
import { createTestMessageResolvers } from './test-message.resolver.ts';
import type { UseCases } from './use-cases.ts';
import { createWebhookResolvers } from './webhook.resolver.ts';

export const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');

export const createResolvers = (use: UseCases, onFault: (error: unknown) => void): object => {
  const [audiences, campaigns] = [createAudienceResolvers(use), createCampaignResolvers(use)];
  const [contacts, webhooks] = [createContactResolvers(use), createWebhookResolvers(use)];
  const tests = createTestMessageResolvers(use);
  return {
    ...audiences,
    ...campaigns,
    ...contacts,
    ...webhooks,
    Campaign: { ...campaigns.Campaign, ...tests.Campaign },
    Query: { ...audiences.Query, ...campaigns.Query, ...webhooks.Query },
    Subscription: {
      campaignProgress: createProgressSubscription(use, onFault),
      contactImport: createImportSubscription(use, onFault),
    },
    Mutation: {
      ...audiences.Mutation,
      ...campaigns.Mutation,
      ...contacts.Mutation,
      ...tests.Mutation,
      ...webhooks.Mutation,
    },
  };
};
