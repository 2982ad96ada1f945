/** Hears since when campaigns may send. The topic is compacted, so all of it is read: a tail takes plain topics only. */
import { campaignsTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';
import type { SendingBoard } from '../../domain/sending-board.ts';

export type CampaignsReaderDeps = { eventLog: Pick<EventLog, 'follow'>; campaigns: SendingBoard; log: Log };

export const createCampaignsReader = ({ eventLog, campaigns, log }: CampaignsReaderDeps): Part => {
  const note = (record: StoredRecord): void => {
    const campaign = decodeOr(campaignsTopic, record, log);
    if (campaign !== undefined) campaigns.put(campaign, record.at);
  };
  return openedPart('campaigns', () => eventLog.follow(campaignsTopic.name, note));
};
