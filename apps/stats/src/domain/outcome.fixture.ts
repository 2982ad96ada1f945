/** Delivery events for the specs. */
import type { OutcomeEvent } from '@sendpool/contracts';

/** ACCEPTED by server `a` for a gmail recipient of campaign `c1`, unless told otherwise. */
export const outcome = (sequence: number, facts: Partial<OutcomeEvent> = {}): OutcomeEvent => ({
  type: 'OUTCOME',
  lane: 0,
  sequence,
  campaignId: 'c1',
  recipient: sequence,
  tryNumber: 1,
  outcome: 'ACCEPTED',
  at: 1_000_000,
  poolId: 'p1',
  serverId: 'a',
  provider: 'gmail',
  reply: null,
  bounceClass: null,
  reason: null,
  hops: [],
  latencyMs: 12,
  ...facts,
});

/** What a crash leaves: started, and no server is known. */
export const unknown = (sequence: number, facts: Partial<OutcomeEvent> = {}): OutcomeEvent =>
  outcome(sequence, { outcome: 'UNKNOWN', serverId: null, latencyMs: null, ...facts });

export const hop = (serverId: string): OutcomeEvent['hops'][number] => ({
  serverId,
  stage: 'CONNECT',
  error: 'refused',
});
