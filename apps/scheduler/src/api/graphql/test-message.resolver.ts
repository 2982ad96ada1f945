/** Previews and test messages of campaigns in GraphQL. */
import { foundAgain } from '@sendpool/contracts';
import { answerOf, askOf, loaderOf, refused, type RequestContext } from '@sendpool/graphql';
import { sleep, systemClock } from '@sendpool/kernel';
import type { Campaign } from '../../domain/campaign.ts';
import type { MergeContact } from '../../domain/choose-contact.ts';
import { loadCampaign } from './campaign.resolver.ts';
import { createInTurn, type InTurn } from './render-turns.ts';
import type { CampaignResolvers, MutationResolvers } from './schema.generated.ts';
import type { CampaignUseCases } from './use-cases.ts';

/** One statement for a whole page of campaigns. */
const loadContact = (
  { context, use }: { context: RequestContext; use: CampaignUseCases },
  audienceId: string,
  email: string | null,
): Promise<MergeContact | undefined> => {
  const name = `contact ${email ?? ''}`;
  return loaderOf<string, MergeContact>(context, name, (ids) => use.contacts.findIn(ids, email)).load(audienceId);
};

const campaign = (use: CampaignUseCases, inTurn: InTurn) =>
  ({
    preview: async (row, { contactEmail }, context) => {
      const preview = await use.previewMessage({
        campaign: row,
        contactEmail: contactEmail ?? null,
        find: (address) => loadContact({ context, use }, row.audienceId, address),
        inTurn: (work) => inTurn(context, work),
      });
      return preview.ok ? { __typename: 'MessagePreview' as const, ...preview.value } : refused(preview.errors);
    },
    testOf: ({ testOf }, _, context) => (testOf === null ? null : loadCampaign(context, use.campaigns, testOf)),
    tests: async ({ id }, _, context) => {
      const loader = loaderOf<string, Campaign[]>(context, 'tests', (ids) => use.tests.testsOf(ids));
      return (await loader.load(id)) ?? [];
    },
  }) satisfies CampaignResolvers;

const payload = (testCampaign: Campaign) => ({ __typename: 'TestMessagePayload', testCampaign }) as const;

export const createTestMessageResolvers = (use: CampaignUseCases) => ({
  Campaign: campaign(use, createInTurn({ ...systemClock, sleep })),
  Mutation: {
    sendTestMessage: (_, { input }, context) => {
      const { campaignId, to, contactEmail = null } = input;
      const ask = askOf(context, 'sendTestMessage', input);
      return answerOf(
        context,
        use.once(
          ask,
          (own) => own.sendTestMessage({ campaignId, to, contactEmail }, context.trace),
          foundAgain('campaign', use.campaigns.find),
        ),
        payload,
      );
    },
  } satisfies MutationResolvers,
});
