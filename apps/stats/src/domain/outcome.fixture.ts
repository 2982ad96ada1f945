/** Delivery events for the specs. */
import type { OutcomeEvent } from '@sendpool/contracts';
import { outcomeRecord } from '@sendpool/testing';

/** ACCEPTED by server `a` for a gmail recipient of campaign `c1`, unless told otherwise. */
export const outcome = (sequence: number, facts: Partial<OutcomeEvent> = {}): OutcomeEvent =>
  outcomeRecord({
    sequence,
    recipient: sequence,
    at: 1_000_000,
    poolId: 'p1',
    provider: 'gmail',
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
