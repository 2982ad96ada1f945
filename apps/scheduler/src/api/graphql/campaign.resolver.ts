/** Campaigns in GraphQL, with their settings, progress and recipients. */
import { recipientStates, type RecipientState } from '@sendpool/contracts';
import { loaderOf, type RequestContext } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { Campaign, CampaignProgress } from '../../domain/campaign.ts';
import { waitingInWords } from '../../domain/pool-pause.ts';
import type { Resend, Resent } from '../../domain/resend.ts';
import { answerOf } from './answer.ts';
import { loadAudience } from './audience.resolver.ts';
import { createInputOf, editOf, resendOf } from './campaign-input.ts';
import { pageById, pageByNumber } from './paging.ts';
import type {
  CampaignProgressResolvers,
  CampaignResolvers,
  MutationResolvers,
  QueryResolvers,
} from './schema.generated.ts';
import type { CampaignUseCases } from './use-cases.ts';

const payload = (campaign: Campaign) => ({ __typename: 'CampaignPayload', campaign }) as const;
const resendPayload = (resent: Resent) => ({ __typename: 'ResendPayload', ...resent }) as const;

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

const campaign = (use: CampaignUseCases): CampaignResolvers => ({
  __resolveReference: async ({ id }) => (await use.campaigns.find(id)) ?? null,
  audience: async ({ audienceId }, _, context) => {
    const audience = await loadAudience(context, use.audiences, audienceId);
    if (audience === null) throw new AppError('INTERNAL', `audience ${audienceId} of a campaign is gone`);
    return audience;
  },
  sendingSettings: ({ poolId, unknownPolicy }) => ({ pool: { id: poolId }, unknownPolicy }),
  progress: (campaign, _, context) => progressOf(context, use, campaign),
  resends: async ({ id }, _, context) => {
    const loader = loaderOf<string, Resend[]>(context, 'resends', (ids) => use.resends(ids));
    return (await loader.load(id)) ?? [];
  },
  recipients: ({ id }, { state, first, after }) =>
    pageByNumber({ first, after: after ?? null }, (page) =>
      use.campaigns.recipients(id, { ...page, state: state ?? null }),
    ),
});

const sumOf = ({ counts }: CampaignProgress, states: readonly RecipientState[]): number =>
  states.reduce((sum, state) => sum + counts[state], 0);

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

export const createCampaignResolvers = (use: CampaignUseCases) => ({
  Query: {
    campaigns: (_, page) => pageById(page, use.campaigns.page),
    campaign: async (_, { id }) => (await use.campaigns.find(id)) ?? null,
  } satisfies QueryResolvers,
  Mutation: {
    createCampaign: (_, { input }, context) => answerOf(context, use.createCampaign(createInputOf(input)), payload),
    updateCampaign: (_, { input }, context) => answerOf(context, use.updateCampaign(input.id, editOf(input)), payload),
    startCampaign: (_, { input }, context) => answerOf(context, use.startCampaign(input.id, context.trace), payload),
    scheduleCampaign: (_, { input }, context) => answerOf(context, use.scheduleCampaign(input.id, input.at), payload),
    pauseCampaign: (_, { input }, context) => answerOf(context, use.pauseCampaign(input.id), payload),
    resumeCampaign: (_, { input }, context) => answerOf(context, use.resumeCampaign(input.id), payload),
    cancelCampaign: (_, { input }, context) => answerOf(context, use.cancelCampaign(input.id), payload),
    resendRecipients: (_, { input }, context) =>
      answerOf(context, use.resendRecipients(resendOf(input), context.actor.keyId), resendPayload),
  } satisfies MutationResolvers,
  Campaign: campaign(use),
  CampaignProgress: campaignProgress,
});
