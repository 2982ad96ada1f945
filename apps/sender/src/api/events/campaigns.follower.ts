/** Keeps the campaigns in step with sendpool.campaigns: a pause, a resume or new content is in force when it was read. */
import { campaignsTopic, type CampaignRecord } from '@sendpool/contracts';
import type { Part } from '@sendpool/service';
import { followTopic, type FollowDeps } from './follow.ts';

export type CampaignsDeps = FollowDeps & {
  /** False when the same or a higher revision is known. */
  apply(record: CampaignRecord): boolean;
  /** A newer revision is in force. */
  changed(campaignId: string): void;
};

export const followCampaigns = (deps: CampaignsDeps): Part =>
  followTopic(
    campaignsTopic,
    (record) => {
      if (deps.apply(record)) deps.changed(record.id);
    },
    deps,
  );
