/** Unschedule, pause, resume and cancel: which status each may follow. */
import type { CampaignStatus } from '@sendpool/contracts';
import type { Campaign, CampaignPatch, CampaignStore } from './campaign.ts';
import { conflict, done, idPath, refuse, type Result } from './refusal.ts';

export type ChangeStatusDeps = {
  campaigns: Pick<CampaignStore, 'change'>;
  changed(campaign: Campaign): void;
  now(): number;
};

type Step = {
  readonly verb: string;
  readonly from: readonly CampaignStatus[];
  to(campaign: Campaign, now: number): CampaignPatch;
};

const unschedule: Step = {
  verb: 'unscheduled',
  from: ['SCHEDULED'],
  to: () => ({ status: 'DRAFT', scheduledAt: null }),
};

const pause: Step = {
  verb: 'paused',
  from: ['PREPARING', 'SENDING'],
  to: () => ({ status: 'PAUSED', pausedReason: null }),
};

const resume: Step = {
  verb: 'resumed',
  from: ['PAUSED'],
  to: (campaign) => ({ status: campaign.prepared ? 'SENDING' : 'PREPARING', pausedReason: null }),
};

/** What waits or is deferred becomes CANCELLED afterwards, by `sweepCancelled`. */
const cancel: Step = {
  verb: 'cancelled',
  from: ['DRAFT', 'SCHEDULED', 'PREPARING', 'SENDING', 'PAUSED'],
  to: (_campaign, now) => ({ status: 'CANCELLED', finishedAt: new Date(now), pausedReason: null }),
};

const whyNot = ({ status }: Campaign, { verb, from }: Step): string =>
  `the campaign is ${status}: only one that is ${from.join(' or ')} can be ${verb}`;

const decide = (campaign: Campaign, step: Step, now: number): Result<CampaignPatch> =>
  step.from.includes(campaign.status) ? done(step.to(campaign, now)) : refuse(conflict(whyNot(campaign, step), idPath));

const createStep =
  (step: Step) =>
  (deps: ChangeStatusDeps) =>
  async (id: string): Promise<Result<Campaign>> => {
    const result = await deps.campaigns.change(id, (campaign) => decide(campaign, step, deps.now()));
    if (result.ok) deps.changed(result.value);
    return result;
  };

export const createUnscheduleCampaign = createStep(unschedule);
export const createPauseCampaign = createStep(pause);
export const createResumeCampaign = createStep(resume);
export const createCancelCampaign = createStep(cancel);
