/**
 * What becomes of a recipient and is said by no outcome of the log: it is given up, or its try was lost with a part of the log. Webhooks are
 * told of it in the words of outcomes.
 */
import type { DeliveryEvent } from '@sendpool/contracts';
import type { CampaignRow, RecipientRow } from './recipient.ts';
import type { WebhookOutcome } from './webhook-messages.ts';

type Step = { readonly before: RecipientRow; readonly after: RecipientRow; readonly campaign: CampaignRow };

/** Its `at` is when the loss was found. */
const withoutSender = ({ before, campaign }: Step, at: number): Omit<WebhookOutcome, 'outcome' | 'reason'> => ({
  lane: before.lane,
  sequence: before.sequence,
  campaignId: campaign.id,
  recipient: before.number,
  tryNumber: before.tries + 1,
  at,
  poolId: campaign.poolId,
  serverId: null,
  provider: null,
  reply: null,
  bounceClass: null,
});

const factsOf = (step: Step, event: DeliveryEvent): Omit<WebhookOutcome, 'outcome' | 'reason'> =>
  event.type === 'OUTCOME' ? event : withoutSender(step, event.at);

/** Undefined when an outcome of the log has said it, or when nothing has come to its end. */
export const untoldEnd = (step: Step, event: DeliveryEvent): WebhookOutcome | undefined => {
  const { before, after, campaign } = step;
  if (before.state === after.state) return undefined;
  const facts = factsOf(step, event);
  if (after.state === 'EXPIRED')
    return { ...facts, outcome: 'EXPIRED', reason: campaign.status === 'FINISHED' ? 'CAMPAIGN_FINISHED' : 'MAX_AGE' };
  if (event.type === 'OUTCOME') return undefined;
  if (after.state === 'UNKNOWN') return { ...facts, outcome: 'UNKNOWN', reason: 'LEDGER_LOST' };
  return after.state === 'BOUNCED' ? { ...facts, outcome: 'BOUNCED', reason: 'INVALID_REQUEST' } : undefined;
};
