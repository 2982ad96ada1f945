/** Hears from the senders which servers a declared limit holds back. What was said before this process began does not matter. */
import { senderStatusTopic } from '@sendpool/contracts';
import { endsOf, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';
import type { HeldServers } from '../../domain/held-servers.ts';

export type SenderStatusDeps = {
  eventLog: Pick<EventLog, 'tail' | 'bounds'>;
  held: Pick<HeldServers, 'put'>;
  log: Log;
};

const gatherMs = 1000;
const topic = senderStatusTopic.name;

export const readSenderStatus = ({ eventLog, held, log }: SenderStatusDeps): Part => {
  const onRecords = (records: readonly StoredRecord[]): void => {
    for (const record of records) {
      const status = decodeOr(senderStatusTopic, record, log);
      if (status?.type === 'SENDER') held.put(status);
    }
  };
  return openedPart('sender-status', async () =>
    eventLog.tail({ topic, from: endsOf(await eventLog.bounds(topic)), onRecords, gatherMs }),
  );
};
