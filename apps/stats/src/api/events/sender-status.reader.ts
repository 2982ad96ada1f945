/** Follows sender-status into memory, from the oldest record that is kept (one hour). Every process reads all of it. */
import { senderStatusTopic } from '@sendpool/contracts';
import { createTail, type EventLog, type StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import { repeat, type Log, type Part } from '@sendpool/service';
import type { HealthBoard } from '../../domain/server-health.ts';

export type SenderStatusDeps = { eventLog: Pick<EventLog, 'bounds' | 'read'>; board: HealthBoard; log: Log };

/** A sender speaks every five seconds at least. */
const pollMs = 500;

const put = (record: StoredRecord, board: HealthBoard): void => {
  try {
    board.put(senderStatusTopic.decode(record.value));
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
  }
};

export const createSenderStatus = ({ eventLog, board, log }: SenderStatusDeps): Part => {
  const onRecords = (records: readonly StoredRecord[]): void => records.forEach((record) => put(record, board));
  const work = createTail({ eventLog, topic: senderStatusTopic.name, from: 'FIRST', onRecords });
  return repeat({ name: 'sender-status', everyMs: pollMs, work, log });
};
