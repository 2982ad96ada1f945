/** Records of delivery-events that no sender wrote: as large as real ones, for benches that need events without mail. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { NewRecord } from '@sendpool/event-log';

type Told = {
  lane: number;
  sequence: number;
  campaignId: string;
  recipient: number;
  poolId?: string;
  serverId?: string;
};

/** It happened now. */
export const madeUpOutcome = ({ poolId, serverId, ...told }: Told): NewRecord => ({
  partition: told.lane,
  key: null,
  value: deliveryEventsTopic.encode({
    type: 'OUTCOME',
    ...told,
    tryNumber: 1,
    outcome: 'ACCEPTED',
    at: Date.now(),
    poolId: poolId ?? null,
    serverId: serverId ?? null,
    provider: 'other',
    reply: { code: 250, enhanced: '2.0.0', text: 'Ok: queued as 4dB3Yv2J1Xz9w' },
    bounceClass: null,
    reason: null,
    hops: [],
    latencyMs: 12,
  }),
});
