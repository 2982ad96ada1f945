/** Changes a campaign that does not send just now: audience and pool in DRAFT only, the rest also while it waits or is paused. */
import type { UnknownPolicy } from '@sendpool/contracts';
import type { AudienceStore } from './audience.ts';
import type { Campaign, CampaignContent, CampaignPatch, CampaignStore } from './campaign.ts';
import { checkContent, type ContentRules } from './check-content.ts';
import { conflict, done, idPath, notFound, refuse, type Refusal, type Result } from './refusal.ts';
import { checkFrom, isPoolId, noSuchPool, type SendingView } from './sending-view.ts';

/** Fields left out stay as they are. */
export type CampaignEdit = Partial<
  CampaignContent & { readonly audienceId: string; readonly poolId: string; readonly unknownPolicy: UnknownPolicy }
>;

export type UpdateCampaignDeps = ContentRules & {
  campaigns: Pick<CampaignStore, 'change'>;
  audiences: Pick<AudienceStore, 'find'>;
  sending: SendingView;
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
    return [conflict('the campaign sends: pause it first', idPath)];
  }
  if (campaign.status === 'FINISHED' || campaign.status === 'CANCELLED') {
    return [conflict(`the campaign is ${campaign.status} and can no longer be changed`, idPath)];
  }
  return [];
};

const settingPaths = { audienceId: ['input', 'audienceId'], poolId: ['input', 'sendingSettings', 'poolId'] } as const;

const settingFaults = (campaign: Campaign, edit: CampaignEdit): Refusal[] =>
  (['audienceId', 'poolId'] as const)
    .filter((field) => campaign.status !== 'DRAFT' && (edit[field] ?? campaign[field]) !== campaign[field])
    .map((field) => conflict('audience and pool can be changed in DRAFT only', settingPaths[field]));

/** What has passed the checks of a start must not be changed into what would never go out. */
const fromFaults = (campaign: Campaign, edit: CampaignEdit, deps: UpdateCampaignDeps): Refusal[] => {
  if (campaign.status === 'DRAFT' || edit.from === undefined) return [];
  const from = deps.parseAddress(edit.from.address);
  return from.ok ? checkFrom(deps.sending, campaign.poolId, from.domain) : [];
};

/** The patch, or every reason against it. */
const decideUpdate = (campaign: Campaign, edit: CampaignEdit, deps: UpdateCampaignDeps): Result<CampaignPatch> => {
  const faults = [...statusFaults(campaign), ...settingFaults(campaign, edit)];
  if (faults.length > 0) return refuse(...faults);
  const next = { ...campaign, ...edit };
  const valueFaults = [
    ...checkContent(next, deps),
    ...fromFaults(campaign, edit, deps),
    ...(isPoolId(next.poolId) ? [] : [noSuchPool()]),
  ];
  return valueFaults.length > 0 ? refuse(...valueFaults) : done(edit);
};
