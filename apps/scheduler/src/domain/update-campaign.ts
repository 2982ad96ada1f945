/** Changes a campaign that does not send just now: audience and pool in DRAFT only, the rest also while it waits or is paused. */
import type { UnknownPolicy } from '@sendpool/contracts';
import type { AudienceStore } from './audience.ts';
import type { Campaign, CampaignContent, CampaignPatch, CampaignStore } from './campaign.ts';
import { checkContent, type ContentRules } from './check-content.ts';
import { conflict, done, notFound, refuse, type Refusal, type Result } from './refusal.ts';

/** Fields left out stay as they are. */
export type CampaignEdit = Partial<
  CampaignContent & { readonly audienceId: string; readonly poolId: string; readonly unknownPolicy: UnknownPolicy }
>;

export type UpdateCampaignDeps = ContentRules & {
  campaigns: Pick<CampaignStore, 'change'>;
  audiences: Pick<AudienceStore, 'find'>;
  changed(campaign: Campaign): void;
};

export const createUpdateCampaign =
  (deps: UpdateCampaignDeps) =>
  async (id: string, edit: CampaignEdit): Promise<Result<Campaign>> => {
    if (edit.audienceId !== undefined && (await deps.audiences.find(edit.audienceId)) === undefined) {
      return refuse(notFound('audience', 'audienceId'));
    }
    const result = await deps.campaigns.change(id, (campaign) => decideUpdate(campaign, edit, deps));
    if (result.ok) deps.changed(result.value);
    return result;
  };

const statusFaults = (campaign: Campaign): Refusal[] => {
  if (campaign.status === 'SENDING' || campaign.status === 'PREPARING') {
    return [conflict('the campaign sends: pause it first')];
  }
  if (campaign.status === 'FINISHED' || campaign.status === 'CANCELLED') {
    return [conflict(`the campaign is ${campaign.status} and can no longer be changed`)];
  }
  return [];
};

const settingPaths = { audienceId: ['input', 'audienceId'], poolId: ['input', 'sendingSettings', 'poolId'] } as const;

const settingFaults = (campaign: Campaign, edit: CampaignEdit): Refusal[] =>
  (['audienceId', 'poolId'] as const)
    .filter((field) => campaign.status !== 'DRAFT' && (edit[field] ?? campaign[field]) !== campaign[field])
    .map((field) => conflict('audience and pool can be changed in DRAFT only', settingPaths[field]));

/** Pure: the patch, or every reason against it. */
const decideUpdate = (campaign: Campaign, edit: CampaignEdit, rules: ContentRules): Result<CampaignPatch> => {
  const faults = [...statusFaults(campaign), ...settingFaults(campaign, edit)];
  if (faults.length > 0) return refuse(...faults);
  const contentFaults = checkContent({ ...campaign, ...edit }, rules);
  return contentFaults.length > 0 ? refuse(...contentFaults) : done(edit);
};
