/** The mutation behind `resendRecipients`: looks at the request and at the pool, then has the store carry it out. */
import { newId } from '@sendpool/kernel';
import type { Campaign, CampaignPatch, ParseAddress } from './campaign.ts';
import { refuse, type Refusal, type Result } from './refusal.ts';
import {
  decideResend,
  resendDigest,
  resendFaults,
  resendStates,
  type ResendInput,
  type ResendStore,
  type Resent,
} from './resend.ts';
import { checkSending, type SendingView } from './sending-view.ts';

export type ResendRecipientsDeps = {
  resends: Pick<ResendStore, 'resend'>;
  parseAddress: ParseAddress;
  sending: SendingView;
  /** As in `RetryPolicy.unknownGraceMs`. */
  graceMs: number;
  changed(campaign: Campaign): void;
  now(): number;
};

/** One that has finished begins anew, so its pool is looked at as at a start. */
const poolFaults = (campaign: Campaign, deps: ResendRecipientsDeps): Refusal[] => {
  const from = deps.parseAddress(campaign.from.address);
  if (campaign.status !== 'FINISHED' || !from.ok) return [];
  const faults = checkSending(deps.sending, campaign.poolId, from.domain);
  return faults.map(({ code, message }) => ({ code, message, path: ['input', 'campaignId'] }));
};

const decide = (campaign: Campaign, deps: ResendRecipientsDeps): Result<CampaignPatch> => {
  const faults = poolFaults(campaign, deps);
  return faults.length > 0 ? refuse(...faults) : decideResend(campaign);
};

export const createResendRecipients =
  (deps: ResendRecipientsDeps) =>
  async (input: ResendInput, actor: string): Promise<Result<Resent>> => {
    const faults = resendFaults(input);
    if (faults.length > 0) return refuse(...faults);
    const { recipientNumbers, idempotencyKey } = input;
    const states = input.states.length === 0 ? resendStates : [...new Set(input.states)];
    const createdAt = new Date(deps.now());
    const order = { id: newId(deps.now()), createdAt, actor, states, recipientNumbers, idempotencyKey };
    const result = await deps.resends.resend(
      input.campaignId,
      { ...order, digest: resendDigest({ states, recipientNumbers }), graceMs: deps.graceMs },
      (campaign) => decide(campaign, deps),
    );
    if (result.ok) deps.changed(result.value.campaign);
    return result;
  };
