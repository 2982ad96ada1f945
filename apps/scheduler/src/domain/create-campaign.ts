/** Makes a campaign in DRAFT. Pool and From domain are looked at when it starts. */
import type { UnknownPolicy } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import type { AudienceStore } from './audience.ts';
import type { Campaign, CampaignContent, CampaignStore } from './campaign.ts';
import { checkContent, type ContentRules } from './check-content.ts';
import { done, notFound, refuse, type Result } from './refusal.ts';
import { isPoolId, noSuchPool } from './sending-view.ts';

export type CreateCampaignInput = CampaignContent & {
  readonly audienceId: string;
  readonly poolId: string;
  readonly unknownPolicy: UnknownPolicy;
};

export type CreateCampaignDeps = ContentRules & {
  campaigns: Pick<CampaignStore, 'insert'>;
  audiences: Pick<AudienceStore, 'find'>;
  now(): number;
};

export const createCreateCampaign =
  (deps: CreateCampaignDeps) =>
  async (input: CreateCampaignInput): Promise<Result<Campaign>> => {
    const faults = checkContent(input, deps);
    if ((await deps.audiences.find(input.audienceId)) === undefined) faults.push(notFound('audience', 'audienceId'));
    if (!isPoolId(input.poolId)) faults.push(noSuchPool());
    if (faults.length > 0) return refuse(...faults);
    return done(await deps.campaigns.insert(draftOf(input, deps.now())));
  };

const draftOf = (input: CreateCampaignInput, now: number): Omit<Campaign, 'number'> => ({
  ...input,
  id: newId(now),
  status: 'DRAFT',
  revision: 1,
  prepared: false,
  createdAt: new Date(now),
  scheduledAt: null,
  startedAt: null,
  finishedAt: null,
  pausedReason: null,
  testOf: null,
});
