/** Records of delivery-events that no sender wrote: as large as real ones, for benches that need events without mail. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { NewRecord } from '@sendpool/event-log';
import { outcomeRecord } from '@sendpool/testing';

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
  value: deliveryEventsTopic.encode(
    outcomeRecord({
      ...told,
      at: Date.now(),
      poolId: poolId ?? null,
      serverId: serverId ?? null,
      reply: { code: 250, enhanced: '2.0.0', text: 'Ok: queued as 4dB3Yv2J1Xz9w' },
      latencyMs: 12,
    }),
  ),
});
