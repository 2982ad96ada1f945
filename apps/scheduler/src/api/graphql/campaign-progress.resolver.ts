/** The progress of a campaign as it changes: one statement a second for all campaigns that are watched. */
import { createWatch, type RequestContext } from '@sendpool/graphql';
import { isId } from '@sendpool/kernel';
import type { CampaignProgress } from '../../domain/campaign.ts';
import type { SubscriptionCampaignProgressArgs } from './schema.generated.ts';
import type { CampaignUseCases } from './use-cases.ts';

/** Of a cancelled one, messages in flight still get their outcome. */
const isOver = ({ status, counts }: CampaignProgress): boolean =>
  status === 'FINISHED' || (status === 'CANCELLED' && counts.IN_FLIGHT === 0);

export const createProgressSubscription = (
  { campaigns }: { campaigns: Pick<CampaignUseCases['campaigns'], 'progress'> },
  onFault: (error: unknown) => void,
) => {
  const watch = createWatch<CampaignProgress>({
    read: async (ids) => campaigns.progress(ids.filter(isId)),
    isLast: isOver,
    notFound: 'There is no such campaign',
    onFault,
  });
  return {
    subscribe: (_: object, { campaignId }: SubscriptionCampaignProgressArgs, { signal }: RequestContext) =>
      watch.follow(campaignId, signal),
    resolve: (progress: CampaignProgress) => progress,
  };
};
