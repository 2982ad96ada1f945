/** Delivery events as the keeper writes them. */
import type { OutcomeEvent } from '@sendpool/contracts';
import type { PublicationRef, Report, Untried } from './lane-types.ts';

const factsOf = (publication: PublicationRef, report: Report, at: number): OutcomeEvent => ({
  type: 'OUTCOME',
  lane: publication.lane,
  sequence: publication.sequence,
  campaignId: publication.campaignId,
  recipient: publication.recipient,
  tryNumber: publication.tryNumber,
  at,
  outcome: report.outcome,
  poolId: report.poolId,
  serverId: report.serverId,
  provider: report.provider,
  reply: report.reply,
  bounceClass: report.bounceClass,
  reason: report.reason,
  hops: report.hops,
  latencyMs: report.latencyMs,
});

/** What few outcomes have is left out of the others. A traced message stays traced. */
export const outcomeEvent = (publication: PublicationRef, report: Report, at: number): OutcomeEvent => {
  const event = factsOf(publication, report, at);
  const { rule, retryAfterMs, remoteId } = report;
  if (rule !== undefined) event.rule = rule;
  if (retryAfterMs !== undefined) event.retryAfterMs = retryAfterMs;
  if (remoteId !== undefined) event.remoteId = remoteId;
  if (publication.trace !== undefined) event.trace = publication.trace;
  return event;
};

/** The report of a publication that no server of this process has had. */
export const untriedReport = (end: Untried, provider: string): Report => ({
  ...end,
  provider,
  poolId: null,
  serverId: null,
  reply: null,
  bounceClass: end.outcome === 'BOUNCED' ? 'BLOCK' : null,
  hops: [],
  latencyMs: null,
});
