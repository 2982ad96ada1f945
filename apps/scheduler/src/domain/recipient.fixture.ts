/** Builders for specs of the delivery rules. */
import type { DeliveryEvent, OutcomeEvent } from '@sendpool/contracts';
import { outcomeRecord } from '@sendpool/testing';
import { defaultRetryPolicy, noFacts, type CampaignRow, type RecipientFacts, type RecipientRow } from './recipient.ts';
import { applyEvent, type EventContext } from './apply-event.ts';

export const campaignRow = (patch: Partial<CampaignRow> = {}): CampaignRow => ({
  number: 1,
  id: 'c1',
  status: 'SENDING',
  poolId: 'pool',
  unknownPolicy: 'HOLD',
  ...patch,
});

/** In flight as sequence 7 of lane 0. */
export const inFlight = (
  patch: Partial<Omit<RecipientRow, 'facts'>> & { facts?: Partial<RecipientFacts> } = {},
): RecipientRow => ({
  campaign: 1,
  number: 0,
  state: 'IN_FLIGHT',
  lane: 0,
  sequence: 7,
  tries: 0,
  ...patch,
  facts: patch.facts === undefined ? noFacts : { ...noFacts, ...patch.facts },
});

/** Of sequence 7 in lane 0. */
export const outcomeEvent = (outcome: OutcomeEvent['outcome'], patch: Partial<OutcomeEvent> = {}): OutcomeEvent =>
  outcomeRecord({
    sequence: 7,
    outcome,
    serverId: outcome === 'RELEASED' || outcome === 'CANCELLED' ? null : 'server',
    latencyMs: null,
    ...patch,
  });

export const eventContext = (campaign: Partial<CampaignRow> = {}, patch: Partial<EventContext> = {}): EventContext => ({
  campaign: campaignRow(campaign),
  now: 1_000_000,
  policy: defaultRetryPolicy,
  random: () => 0.5,
  ...patch,
});

/** The recipient after these events, one after the other. */
export const applyAll = (
  row: RecipientRow,
  events: readonly DeliveryEvent[],
  context: EventContext = eventContext(),
): RecipientRow => events.reduce((before, event) => applyEvent(before, event, context), row);
