/** Campaigns in GraphQL, with their settings, progress and recipients. */
import { foundAgain, recipientStates, type RecipientState } from '@sendpool/contracts';
import { answerOf, askOf, loaderOf, namedConnection, type RequestContext } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { Campaign, CampaignProgress, CampaignStore, RecipientPage, RecipientView } from '../../domain/campaign.ts';
import { waitingInWords } from '../../domain/pool-pause.ts';
import type { Resend, Resent } from '../../domain/resend.ts';
import { loadAudienceOf } from './audience.resolver.ts';
import { createInputOf, editOf, resendOf } from './campaign-input.ts';
import { pageByNumber } from './paging.ts';
import type {
  CampaignProgressResolvers,
  CampaignResolvers,
  MutationResolvers,
  QueryResolvers,
  RecipientResolvers,
  StartCampaignInput,
} from './schema.generated.ts';
import type { CampaignUseCases } from './use-cases.ts';

const payload = (campaign: Campaign) => ({ __typename: 'CampaignPayload', campaign }) as const;
const resendPayload = (resent: Resent) => ({ __typename: 'ResendPayload', ...resent }) as const;

/** One statement for all campaigns that a request asks for in the same tick; null when there is none with this id. */
export const loadCampaign = async (
  context: RequestContext,
  store: Pick<CampaignStore, 'findMany'>,
  id: string,
): Promise<Campaign | null> => {
  const loader = loaderOf<string, Campaign>(context, 'campaign', async (ids) => {
    return new Map((await store.findMany(ids)).map((found) => [found.id, found]));
  });
  return (await loader.load(id)) ?? null;
};

/** The same page of many campaigns is one statement. */
const loadRecipients = async (
  { context, use }: { context: RequestContext; use: CampaignUseCases },
  id: string,
  page: RecipientPage,
): Promise<RecipientView[]> => {
  const name = `recipients ${page.state} ${page.first} ${page.after}`;
  const loader = loaderOf<string, RecipientView[]>(context, name, (ids) => use.campaigns.recipientsOf(ids, page));
  return (await loader.load(id)) ?? [];
};

/** One statement for a whole page of campaigns. */
const loadProgress = async (context: RequestContext, use: CampaignUseCases, id: string): Promise<CampaignProgress> => {
  const loader = loaderOf<string, CampaignProgress>(context, 'progress', (ids) => use.campaigns.progress(ids));
  const progress = await loader.load(id);
  if (progress === undefined) throw new AppError('NOT_FOUND', 'there is no such campaign');
  return progress;
};

/** What is in flight tells the store nothing: only the senders know that it waits there. */
const waitingInSenders = (use: CampaignUseCases, campaign: Campaign, { counts }: CampaignProgress): string | null => {
  if (campaign.status !== 'SENDING' || counts.IN_FLIGHT === 0) return null;
  const reason = use.heldBy(campaign);
  return reason === null ? null : waitingInWords(reason);
};

const progressOf = async (
  context: RequestContext,
  use: CampaignUseCases,
  campaign: Campaign,
): Promise<CampaignProgress> => {
  const progress = await loadProgress(context, use, campaign.id);
  return { ...progress, waitingFor: progress.waitingFor ?? waitingInSenders(use, campaign, progress) };
};

const sumOf = ({ counts }: CampaignProgress, states: readonly RecipientState[]): number =>
  states.reduce((sum, state) => sum + counts[state], 0);

const campaign = (use: CampaignUseCases): CampaignResolvers => ({
  __resolveReference: ({ id }, context) => loadCampaign(context, use.campaigns, id),
  audience: (row, _, context) => loadAudienceOf(context, use.audiences, row),
  sendingSettings: ({ poolId, unknownPolicy }) => ({ pool: { id: poolId }, unknownPolicy }),
  progress: (campaign, _, context) => progressOf(context, use, campaign),
  resends: async ({ id }, _, context) => {
    const loader = loaderOf<string, Resend[]>(context, 'resends', (ids) => use.resends(ids));
    return (await loader.load(id)) ?? [];
  },
  recipients: ({ id }, { state = null, ...args }, context) =>
    pageByNumber(args, {
      read: (page) => loadRecipients({ context, use }, id, { ...page, state }),
      count: async () => sumOf(await loadProgress(context, use, id), state === null ? recipientStates : [state]),
    }),
});

const open: readonly RecipientState[] = ['PENDING', 'IN_FLIGHT', 'DEFERRED'];

const doneShare = (progress: CampaignProgress): number => {
  const total = sumOf(progress, recipientStates);
  return total === 0 ? 0 : 1 - sumOf(progress, open) / total;
};

const campaignProgress: CampaignProgressResolvers = {
  total: (progress) => sumOf(progress, recipientStates),
  pending: ({ counts }) => counts.PENDING,
  inFlight: ({ counts }) => counts.IN_FLIGHT,
  accepted: ({ counts }) => counts.ACCEPTED,
  deferred: ({ counts }) => counts.DEFERRED,
  bounced: ({ counts }) => counts.BOUNCED,
  expired: ({ counts }) => counts.EXPIRED,
  suppressed: ({ counts }) => counts.SUPPRESSED,
  unknown: ({ counts }) => counts.UNKNOWN,
  cancelled: ({ counts }) => counts.CANCELLED,
  done: doneShare,
};

type Change = 'startCampaign' | 'unscheduleCampaign' | 'pauseCampaign' | 'resumeCampaign' | 'cancelCampaign';

/** Those that may come with an idempotency key. */
const keyed = (use: CampaignUseCases) => {
  const made = foundAgain('campaign', use.campaigns.find);
  // The inputs have the same fields.
  const change =
    (operation: Change) =>
    (_: unknown, { input }: { input: StartCampaignInput }, context: RequestContext) =>
      answerOf(
        context,
        use.once(askOf(context, operation, input), (own) => own[operation](input.id, context.trace), made),
        payload,
      );
  return {
    createCampaign: (_, { input }, context: RequestContext) => {
      const ask = askOf(context, 'createCampaign', input);
      return answerOf(
        context,
        use.once(ask, (own) => own.createCampaign(createInputOf(input)), made),
        payload,
      );
    },
    scheduleCampaign: (_, { input }, context: RequestContext) => {
      const ask = askOf(context, 'scheduleCampaign', input);
      return answerOf(
        context,
        use.once(ask, (own) => own.scheduleCampaign(input.id, input.at), made),
        payload,
      );
    },
    startCampaign: change('startCampaign'),
    unscheduleCampaign: change('unscheduleCampaign'),
    pauseCampaign: change('pauseCampaign'),
    resumeCampaign: change('resumeCampaign'),
    cancelCampaign: change('cancelCampaign'),
  } satisfies MutationResolvers;
};

export const createCampaignResolvers = (use: CampaignUseCases) => ({
  Query: {
    campaigns: (_, { statuses = null, ...asked }) =>
      namedConnection(asked, {
        page: (page, nameContains) => use.campaigns.page({ ...page, statuses, nameContains }),
        count: (nameContains) => use.campaigns.count({ statuses, nameContains }),
      }),
    campaign: (_, { id }, context) => loadCampaign(context, use.campaigns, id),
  } satisfies QueryResolvers,
  Mutation: {
    ...keyed(use),
    updateCampaign: (_, { input }, context) => {
      const edit = editOf(input);
      return answerOf(context, edit.ok ? use.updateCampaign(input.id, edit.value) : Promise.resolve(edit), payload);
    },
    resendRecipients: (_, { input }, context) =>
      answerOf(context, use.resendRecipients(resendOf(input), context.actor.keyId), resendPayload),
  } satisfies MutationResolvers,
  Campaign: campaign(use),
  CampaignProgress: campaignProgress,
  Recipient: { id: ({ campaignId, number }) => `${campaignId}:${number}` } satisfies RecipientResolvers,
});
