/** Starts a campaign now or at a time, after everything that could make it fail has been looked at. */
import type { CampaignStatus } from '@sendpool/contracts';
import type { AudienceStore } from './audience.ts';
import type { Campaign, CampaignPatch, CampaignStore } from './campaign.ts';
import { checkContent, type ContentRules } from './check-content.ts';
import { badInput, conflict, done, idPath, notFound, refuse, type Refusal, type Result } from './refusal.ts';
import { checkSending, type SendingView } from './sending-view.ts';

export type SendChecks = ContentRules & { sending: SendingView; sleep(ms: number): Promise<void> };

export type StartCampaignDeps = SendChecks & {
  campaigns: Pick<CampaignStore, 'find' | 'change'>;
  audiences: Pick<AudienceStore, 'find'>;
  changed(campaign: Campaign): void;
  now(): number;
};

/** Config is followed by events and may be a moment behind what the caller has just set up there. */
const configLagMs = 1000;

const contentAndPoolFaults = (campaign: Campaign, deps: SendChecks): Refusal[] => {
  const faults = checkContent(campaign, deps);
  const from = deps.parseAddress(campaign.from.address);
  return from.ok ? [...faults, ...checkSending(deps.sending, campaign.poolId, from.domain)] : faults;
};

/** Why nothing of it can be sent now; looks twice, because the view of config may be a moment behind. */
export const sendFaults = async (campaign: Campaign, deps: SendChecks): Promise<Refusal[]> => {
  if (contentAndPoolFaults(campaign, deps).length > 0) await deps.sleep(configLagMs);
  return contentAndPoolFaults(campaign, deps);
};

const audienceFaults = async (campaign: Campaign, deps: StartCampaignDeps): Promise<Refusal[]> => {
  const audience = await deps.audiences.find(campaign.audienceId);
  if (audience === undefined) return [notFound('audience', 'audienceId')];
  return audience.contactCount === 0 ? [badInput('the audience has no contacts', 'audienceId')] : [];
};

const startFaults = async (campaign: Campaign, deps: StartCampaignDeps): Promise<Refusal[]> => [
  ...(await sendFaults(campaign, deps)),
  ...(await audienceFaults(campaign, deps)),
];

const mayBegin: ReadonlySet<CampaignStatus> = new Set(['DRAFT', 'SCHEDULED'] as const);

const adviceOf = ({ status }: Campaign): string => (status === 'PAUSED' ? ': resume it' : '');

type Beginning = { readonly patch: CampaignPatch; whyNot(campaign: Campaign): string | null };

const whyNotByHand = (campaign: Campaign): string | null =>
  mayBegin.has(campaign.status) ? null : `the campaign is already ${campaign.status}${adviceOf(campaign)}`;

/** Somebody may have taken its time away, or put it off, since it was found to be due. */
const whyNotDue = ({ status, scheduledAt }: Campaign, now: number): string | null =>
  status === 'SCHEDULED' && scheduledAt !== null && scheduledAt.getTime() <= now
    ? null
    : 'its time is not now any more';

/** Changes the campaign by `patch` when it may begin, nothing is wrong with it, and nobody changed it in between. */
const begin = async (id: string, { patch, whyNot }: Beginning, deps: StartCampaignDeps): Promise<Result<Campaign>> => {
  const campaign = await deps.campaigns.find(id);
  if (campaign === undefined) return refuse(notFound('campaign', 'id'));
  const why = whyNot(campaign);
  if (why !== null) return refuse(conflict(why, idPath));
  const faults = await startFaults(campaign, deps);
  if (faults.length > 0) return refuse(...faults);
  const result = await deps.campaigns.change(id, (now) =>
    now.revision === campaign.revision
      ? done(patch)
      : refuse(conflict('the campaign was changed meanwhile: try again', idPath)),
  );
  if (result.ok) deps.changed(result.value);
  return result;
};

export const createStartCampaign =
  (deps: StartCampaignDeps) =>
  (id: string, trace?: string): Promise<Result<Campaign>> =>
    begin(id, { patch: { status: 'PREPARING', startedAt: new Date(deps.now()), trace }, whyNot: whyNotByHand }, deps);

/** Starts one whose time has come. */
export const createStartDueCampaign =
  (deps: StartCampaignDeps) =>
  (id: string): Promise<Result<Campaign>> => {
    const now = deps.now();
    const patch: CampaignPatch = { status: 'PREPARING', startedAt: new Date(now) };
    return begin(id, { patch, whyNot: (campaign) => whyNotDue(campaign, now) }, deps);
  };

export const createScheduleCampaign =
  (deps: StartCampaignDeps) =>
  async (id: string, at: Date): Promise<Result<Campaign>> => {
    if (!(at.getTime() > deps.now())) return refuse(badInput('the time must lie in the future', 'at'));
    return begin(id, { patch: { status: 'SCHEDULED', scheduledAt: at }, whyNot: whyNotByHand }, deps);
  };
