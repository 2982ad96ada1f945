/** Webhooks in GraphQL; a secret leaves only in the answer that made it. */
import { shownOnce } from '@sendpool/contracts';
import { answerOf, askOf, loaderOf, type RequestContext } from '@sendpool/graphql';
import type { MadeWebhook } from '../../domain/change-webhooks.ts';
import type { CampaignStore } from '../../domain/campaign.ts';
import type { DeliveryPage, Webhook, WebhookDelivery } from '../../domain/webhook.ts';
import { loadCampaign } from './campaign.resolver.ts';
import { pageById } from './paging.ts';
import type { MutationResolvers, QueryResolvers, WebhookResolvers } from './schema.generated.ts';
import type { WebhookUseCases } from './use-cases.ts';
import { webhookEditOf } from './webhook-input.ts';

const payload = (webhook: Webhook) => ({ __typename: 'WebhookPayload', webhook }) as const;
const secretPayload = (made: MadeWebhook) => ({ __typename: 'WebhookSecretPayload', ...made }) as const;

const shownWebhook = shownOnce('webhook', ({ webhook }: MadeWebhook) => webhook.id);

const mutations = (use: WebhookUseCases) =>
  ({
    createWebhook: (_, { input }, context: RequestContext) => {
      const { idempotencyKey: _key, campaignId = null, ...fields } = input;
      const ask = askOf(context, 'createWebhook', input);
      const making = use.onceWebhook(ask, (own) => own.createWebhook({ ...fields, campaignId }), shownWebhook);
      return answerOf(context, making, secretPayload);
    },
    updateWebhook: (_, { input }, context) => {
      const edit = webhookEditOf(input);
      return answerOf(context, edit.ok ? use.updateWebhook(input.id, edit.value) : Promise.resolve(edit), payload);
    },
    rotateWebhookSecret: (_, { input }, context) => answerOf(context, use.rotateWebhookSecret(input.id), secretPayload),
    deleteWebhook: (_, { input }, context) =>
      answerOf(context, use.deleteWebhook(input.id), (id) => ({ __typename: 'DeleteWebhookPayload', id }) as const),
    testWebhook: (_, { input }, context) =>
      answerOf(
        context,
        use.testWebhook(input.id),
        ({ messageId, ok, status, text, durationMs }) =>
          ({ __typename: 'TestWebhookPayload', messageId, ok, httpStatus: status, answer: text, durationMs }) as const,
      ),
    replayWebhook: (_, { input: { id, deliveryIds = null, from = null, to = null } }, context) =>
      answerOf(
        context,
        use.replayWebhook(id, { deliveryIds, from, to }),
        (replayed) => ({ __typename: 'ReplayWebhookPayload', ...replayed }) as const,
      ),
  }) satisfies MutationResolvers;

/** The same page of many webhooks is one statement. */
const loadDeliveries = async (
  { context, use }: { context: RequestContext; use: WebhookUseCases },
  id: string,
  page: DeliveryPage,
): Promise<WebhookDelivery[]> => {
  const name = `deliveries ${JSON.stringify(page)}`;
  const loader = loaderOf<string, WebhookDelivery[]>(context, name, (ids) => use.webhookLog.page(ids, page));
  return (await loader.load(id)) ?? [];
};

/** One statement for all webhooks of a page. */
const countDeliveries = async (
  context: RequestContext,
  use: WebhookUseCases,
  { id, state }: { id: string; state: DeliveryPage['state'] },
): Promise<number | null> => {
  const name = `deliveries in ${state}`;
  const loader = loaderOf<string, number | null>(context, name, (ids) => use.webhookLog.counts(ids, state));
  const count = await loader.load(id);
  return count === undefined ? 0 : count;
};

/** Beside those of webhooks: the campaign that one of them is for. */
type WebhookDeps = WebhookUseCases & { readonly campaigns: Pick<CampaignStore, 'findMany'> };

const webhook = (use: WebhookDeps): WebhookResolvers => ({
  host: ({ url }) => new URL(url).host,
  campaign: ({ campaignId }, _, context) =>
    campaignId === null ? null : loadCampaign(context, use.campaigns, campaignId),
  previousSecretUntil: ({ previousUntil }) => previousUntil,
  deliveries: ({ id }, { state = null, ...args }, context) =>
    pageById(args, {
      read: (page) => loadDeliveries({ context, use }, id, { ...page, state }),
      count: () => countDeliveries(context, use, { id, state }),
    }),
});

export const createWebhookResolvers = (use: WebhookDeps) => ({
  Query: {
    webhooks: (_, page) => pageById(page, { read: use.webhooks.page, count: use.webhooks.count }),
    webhook: async (_, { id }) => (await use.webhooks.find(id)) ?? null,
  } satisfies QueryResolvers,
  Mutation: mutations(use),
  Webhook: webhook(use),
});
