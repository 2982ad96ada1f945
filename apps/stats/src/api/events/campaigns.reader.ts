/** Hears which campaigns are resumed from now on. One that is missed costs only that its first sends after a bad list are not judged. */
import { campaignsTopic } from '@sendpool/contracts';
import { createTail, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { decodeOr, repeat, type Log, type Part } from '@sendpool/service';
import type { SendingBoard } from '../../domain/sending-board.ts';

export type CampaignsReaderDeps = { eventLog: Pick<EventLog, 'bounds' | 'read'>; campaigns: SendingBoard; log: Log };

const pollMs = 500;

export const createCampaignsReader = ({ eventLog, campaigns, log }: CampaignsReaderDeps): Part => {
  const note = (record: StoredRecord): void => {
    const campaign = decodeOr(campaignsTopic, record, log);
    if (campaign !== undefined) campaigns.put(campaign, record.at);
  };
  const onRecords = (records: readonly StoredRecord[]): void => records.forEach(note);
  const work = createTail({ eventLog, topic: campaignsTopic.name, from: 'END', onRecords });
  return repeat({ name: 'campaigns', everyMs: pollMs, work, log });
};
