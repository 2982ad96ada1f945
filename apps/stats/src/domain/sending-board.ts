/** Since when campaigns may send: what one sends after a resume is no rest of what was paused. */
import type { CampaignRecord } from '@sendpool/contracts';

export type SendingBoard = {
  /** `at`: when the record was written, milliseconds since 1970. */
  put(campaign: Pick<CampaignRecord, 'id' | 'status' | 'revision'>, at: number): void;
  /** When it was last told to send, milliseconds since 1970; 0: it may not, or nothing was heard of it. */
  sendingSince(campaignId: string): number;
};

const maySend = ({ status }: Pick<CampaignRecord, 'status'>): boolean => status === 'SENDING' || status === 'PREPARING';

export const createSendingBoard = (): SendingBoard => {
  const sending = new Map<string, { revision: number; at: number }>();
  return {
    put: (campaign, at) => {
      const { id, revision } = campaign;
      if (!maySend(campaign)) sending.delete(id);
      else if ((sending.get(id)?.revision ?? -1) < revision) sending.set(id, { revision, at });
    },
    sendingSince: (campaignId) => sending.get(campaignId)?.at ?? 0,
  };
};
