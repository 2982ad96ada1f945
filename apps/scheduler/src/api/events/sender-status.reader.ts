/** Hears from the senders which servers a declared limit holds back. What was said before this process began does not matter. */
import { senderStatusTopic } from '@sendpool/contracts';
import { createTail, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { decodeOr, repeat, type Log, type Part } from '@sendpool/service';
import type { HeldServers } from '../../domain/held-servers.ts';

export type SenderStatusDeps = {
  eventLog: Pick<EventLog, 'read' | 'bounds'>;
  held: Pick<HeldServers, 'put'>;
  log: Log;
};

const everyMs = 1000;

export const readSenderStatus = ({ eventLog, held, log }: SenderStatusDeps): Part => {
  const onRecords = (records: readonly StoredRecord[]): void => {
    for (const record of records) {
      const status = decodeOr(senderStatusTopic, record, log);
      if (status?.type === 'SENDER') held.put(status);
    }
  };
  const work = createTail({ eventLog, topic: senderStatusTopic.name, from: 'END', onRecords });
  return repeat({ name: 'sender-status', everyMs, work, log });
};
