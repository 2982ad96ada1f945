/** Hears which campaigns are resumed from now on. One that is missed costs only that its first sends after a bad list are not judged. */
import { campaignsTopic } from '@sendpool/contracts';
import { endsOf, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';
import type { SendingBoard } from '../../domain/sending-board.ts';

export type CampaignsReaderDeps = { eventLog: Pick<EventLog, 'bounds' | 'tail'>; campaigns: SendingBoard; log: Log };

const gatherMs = 500;
const topic = campaignsTopic.name;

export const createCampaignsReader = ({ eventLog, campaigns, log }: CampaignsReaderDeps): Part => {
  const note = (record: StoredRecord): void => {
    const campaign = decodeOr(campaignsTopic, record, log);
    if (campaign !== undefined) campaigns.put(campaign, record.at);
  };
  const onRecords = (records: readonly StoredRecord[]): void => records.forEach(note);
  return openedPart('campaigns', async () =>
    eventLog.tail({ topic, from: endsOf(await eventLog.bounds(topic)), onRecords, gatherMs }),
  );
};
