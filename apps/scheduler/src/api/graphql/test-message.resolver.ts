/** Previews and test messages of campaigns in GraphQL. */
import { foundAgain } from '@sendpool/contracts';
import { answerOf, askOf, loaderOf, type RequestContext } from '@sendpool/graphql';
import { AppError, systemClock } from '@sendpool/kernel';
import type { Campaign } from '../../domain/campaign.ts';
import type { Contact } from '../../domain/contact.ts';
import { loadCampaign } from './campaign.resolver.ts';
import type { CampaignResolvers, MutationResolvers } from './schema.generated.ts';
import type { CampaignUseCases } from './use-cases.ts';

/** Milliseconds of rendering in one request, but for the last preview that it begins: a page of campaigns has many. */
const renderMs = 1000;

type InTurn = <T>(context: RequestContext, work: () => T) => Promise<T>;

/** One preview in each round of the event loop. Throws AppError BAD_INPUT when those of the request take too long together. */
const createInTurn = (monotonic: () => number): InTurn => {
  const spent = new WeakMap<RequestContext, number>();
  let last: Promise<void> = Promise.resolve();
  return async (context, work) => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    await last;
    const before = spent.get(context) ?? 0;
    if (before >= renderMs)
      throw new AppError(
        'BAD_INPUT',
        'The previews of this request take too long together: ask for fewer in one request',
      );
    const begin = monotonic();
    try {
      return work();
    } finally {
      spent.set(context, before + monotonic() - begin);
    }
  };
};

/** One statement for a whole page of campaigns. */
const loadContact = (
  { context, use }: { context: RequestContext; use: CampaignUseCases },
  audienceId: string,
  email: string | null,
): Promise<Contact | undefined> => {
  const name = `contact ${email ?? ''}`;
  return loaderOf<string, Contact>(context, name, (ids) => use.contacts.findIn(ids, email)).load(audienceId);
};

const campaign = (use: CampaignUseCases, inTurn: InTurn) =>
  ({
    preview: (row, { email }, context) =>
      use.previewMessage({
        campaign: row,
        email: email ?? null,
        find: (address) => loadContact({ context, use }, row.audienceId, address),
        inTurn: (work) => inTurn(context, work),
      }),
    testOf: ({ testOf }, _, context) => (testOf === null ? null : loadCampaign(context, use.campaigns, testOf)),
    tests: async ({ id }, _, context) => {
      const loader = loaderOf<string, Campaign[]>(context, 'tests', (ids) => use.tests.testsOf(ids));
      return (await loader.load(id)) ?? [];
    },
  }) satisfies CampaignResolvers;

const payload = (testCampaign: Campaign) => ({ __typename: 'TestMessagePayload', testCampaign }) as const;

export const createTestMessageResolvers = (use: CampaignUseCases) => ({
  Campaign: campaign(use, createInTurn(systemClock.monotonic)),
  Mutation: {
    sendTestMessage: (_, { input }, context) => {
      const { campaignId, to, asContact = null } = input;
      const ask = askOf(context, 'sendTestMessage', input);
      return answerOf(
        context,
        use.once(
          ask,
          (own) => own.sendTestMessage({ campaignId, to, asContact }, context.trace),
          foundAgain('campaign', use.campaigns.find),
        ),
        payload,
      );
    },
  } satisfies MutationResolvers,
});
