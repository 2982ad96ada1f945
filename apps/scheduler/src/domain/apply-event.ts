/**
 * What a delivery event does to a recipient (docs/protocol.md, "Record"). Only the present publication (lane, sequence) counts, and only
 * once; a definite outcome replaces UNKNOWN; ACCEPTED of any publication replaces every other state.
 */
import type { DeliveryEvent, GapEvent, LostEvent, OutcomeEvent } from '@sendpool/contracts';
import { busyReason, isPoolReason, isProviderLimit } from './pool-pause.ts';
import { withFacts, type CampaignRow, type RecipientFacts, type RecipientRow, type RetryPolicy } from './recipient.ts';

export type EventContext = {
  /** The campaign of the recipient. */
  readonly campaign: CampaignRow;
  /** The database's clock, milliseconds since 1970. */
  readonly now: number;
  readonly policy: RetryPolicy;
  /** In [0, 1), for the jitter. */
  random(): number;
};

const accepted = (row: RecipientRow, tries: number): RecipientRow => ({
  ...row,
  state: 'ACCEPTED',
  tries,
  facts: withFacts(row.facts, { dueAt: null, copyAccepted: false, serverHint: null, reply: null }),
});

/** Back to where it waits; or to its end, when the campaign has ended meanwhile. */
const waiting = (
  row: RecipientRow,
  next: { state: 'PENDING' | 'DEFERRED'; facts: RecipientFacts },
  campaign: CampaignRow,
): RecipientRow => {
  const ended = withFacts(next.facts, { dueAt: null });
  if (campaign.status === 'CANCELLED') return { ...row, state: 'CANCELLED', facts: ended };
  if (campaign.status === 'FINISHED') return { ...row, state: 'EXPIRED', facts: ended };
  return { ...row, ...next };
};

const replyText = ({ reply, reason }: OutcomeEvent): string | null =>
  reply === null
    ? reason
    : [reply.code || '', reply.enhanced ?? '', reply.text].filter((part) => part !== '').join(' ');

/** `tries` counts the one that was deferred just now. Never earlier than the reply asked for. */
const retryDelay = (tries: number, { retryAfterMs = 0 }: OutcomeEvent, { policy, random }: EventContext): number => {
  const delay = policy.delaysMs[Math.min(tries, policy.delaysMs.length) - 1] ?? 0;
  return Math.max(retryAfterMs, delay * (1 + policy.jitter * (2 * random() - 1)));
};

const deferred = (row: RecipientRow, event: OutcomeEvent, context: EventContext): RecipientRow => {
  const tries = row.tries + 1;
  const deferredAt = row.facts.deferredAt ?? context.now;
  const dueAt = Math.round(context.now + retryDelay(tries, event, context));
  const facts = withFacts(row.facts, { deferredAt, serverHint: event.serverId, reply: replyText(event) });
  if (dueAt - deferredAt > context.policy.maxAgeMs)
    return { ...row, tries, state: context.campaign.status === 'CANCELLED' ? 'CANCELLED' : 'EXPIRED', facts };
  return waiting({ ...row, tries }, { state: 'DEFERRED', facts: withFacts(facts, { dueAt }) }, context.campaign);
};

const isResent = ({ campaign, policy }: EventContext, unknowns: number): boolean =>
  campaign.unknownPolicy === 'RESEND' &&
  campaign.status !== 'CANCELLED' &&
  campaign.status !== 'FINISHED' &&
  unknowns < policy.maxUnknowns;

const unknown = (row: RecipientRow, context: EventContext): RecipientRow => {
  const unknowns = row.facts.unknowns + 1;
  const dueAt = isResent(context, unknowns) ? context.now + context.policy.unknownGraceMs : null;
  return { ...row, state: 'UNKNOWN', tries: row.tries + 1, facts: withFacts(row.facts, { unknowns, dueAt }) };
};

/** Reasons after which the same message may be published again at once; a pool that cannot send holds back by its pause. */
const quickReasons = new Set<string | null>(['PAUSED', 'RETURNED', 'LANE_LOST']);
const isQuick = (reason: string | null): boolean => quickReasons.has(reason) || isPoolReason(reason);

const releaseDelay = ({ reason, retryAfterMs }: OutcomeEvent, policy: RetryPolicy): number => {
  if (isProviderLimit(reason)) return retryAfterMs ?? policy.providerLimitDelayMs;
  return isQuick(reason) ? 0 : policy.releaseDelayMs;
};

const released = (row: RecipientRow, event: OutcomeEvent, { campaign, now, policy }: EventContext): RecipientRow => {
  const dueAt = now + releaseDelay(event, policy);
  return waiting(row, { state: 'PENDING', facts: withFacts(row.facts, { dueAt }) }, campaign);
};

const bounced = (row: RecipientRow, event: OutcomeEvent): RecipientRow => ({
  ...row,
  state: 'BOUNCED',
  tries: row.tries + 1,
  facts: withFacts(row.facts, { dueAt: null, reply: replyText(event) }),
});

const isTry = (event: OutcomeEvent): boolean => event.outcome !== 'RELEASED' && event.outcome !== 'CANCELLED';

/** The publication in flight ends. */
const settle = (row: RecipientRow, event: OutcomeEvent, context: EventContext): RecipientRow => {
  if (event.outcome === 'ACCEPTED' || row.facts.copyAccepted) return accepted(row, row.tries + (isTry(event) ? 1 : 0));
  switch (event.outcome) {
    case 'BOUNCED':
      return bounced(row, event);
    case 'DEFERRED':
      return deferred(row, event, context);
    case 'UNKNOWN':
      return unknown(row, context);
    case 'RELEASED':
    case 'CANCELLED':
      return released(row, event, context);
  }
};

/** As if the publication had not ended UNKNOWN. */
const reopened = (row: RecipientRow): RecipientRow => ({
  ...row,
  state: 'IN_FLIGHT',
  tries: row.tries - 1,
  facts: withFacts(row.facts, { dueAt: null, unknowns: row.facts.unknowns - 1 }),
});

const acceptedCopy = (row: RecipientRow): RecipientRow => {
  if (row.state === 'ACCEPTED') return row;
  if (row.state !== 'IN_FLIGHT') return accepted(row, row.tries);
  return row.facts.copyAccepted ? row : { ...row, facts: withFacts(row.facts, { copyAccepted: true }) };
};

/**
 * After a restore the log knows publications that the database does not: the recipient with this one in flight. The same object when it
 * knows of this one or a newer one.
 */
export const takenOver = (
  row: RecipientRow,
  publication: Pick<OutcomeEvent, 'lane' | 'sequence' | 'tryNumber'>,
): RecipientRow => {
  const isNewer = publication.lane === row.lane && publication.sequence > row.sequence;
  if (!isNewer || row.state === 'ACCEPTED') return row;
  return { ...published(row, publication.sequence), tries: Math.max(row.tries, publication.tryNumber - 1) };
};

const applyOutcome = (known: RecipientRow, event: OutcomeEvent, context: EventContext): RecipientRow => {
  const row = takenOver(known, event);
  const isPresent = event.lane === row.lane && event.sequence === row.sequence;
  if (isPresent && row.state === 'IN_FLIGHT') return settle(row, event, context);
  if (isPresent && row.state === 'UNKNOWN') {
    return event.outcome === 'UNKNOWN' ? row : settle(reopened(row), event, context);
  }
  return event.outcome === 'ACCEPTED' ? acceptedCopy(row) : row;
};

/** No sender will ever receive the publication: the recipient comes back; one that never gets through is an invalid request. */
const fallIntoGap = (row: RecipientRow, context: EventContext): RecipientRow => {
  if (row.facts.copyAccepted) return accepted(row, row.tries);
  const gaps = row.facts.gaps + 1;
  if (gaps >= context.policy.maxGaps)
    return { ...row, state: 'BOUNCED', facts: withFacts(row.facts, { gaps, dueAt: null, reply: 'INVALID_REQUEST' }) };
  const facts = withFacts(row.facts, { gaps, dueAt: context.now });
  return waiting(row, { state: 'PENDING', facts }, context.campaign);
};

const isWithin = (row: RecipientRow, event: GapEvent | LostEvent): boolean =>
  row.lane === event.lane &&
  (event.type === 'LOST' ? row.sequence <= event.upTo : event.from <= row.sequence && row.sequence <= event.to);

const applyRange = (row: RecipientRow, event: GapEvent | LostEvent, context: EventContext): RecipientRow => {
  if (row.state !== 'IN_FLIGHT' || !isWithin(row, event)) return row;
  if (event.type === 'GAP') return fallIntoGap(row, context);
  return row.facts.copyAccepted ? accepted(row, row.tries + 1) : unknown(row, context);
};

/** The recipient after the event; the same object when the event changes nothing. An outcome must be one of this recipient. */
export const applyEvent = (row: RecipientRow, event: DeliveryEvent, context: EventContext): RecipientRow =>
  event.type === 'OUTCOME' ? applyOutcome(row, event, context) : applyRange(row, event, context);

/** True when the outcome said that the lane is too full for this campaign. */
export const isBusy = (event: DeliveryEvent): boolean =>
  event.type === 'OUTCOME' && event.outcome === 'RELEASED' && event.reason === busyReason;

/** The recipient with its next publication in flight. */
export const published = (row: RecipientRow, sequence: number): RecipientRow => ({
  ...row,
  state: 'IN_FLIGHT',
  sequence,
  facts: row.facts.dueAt === null ? row.facts : withFacts(row.facts, { dueAt: null }),
});
