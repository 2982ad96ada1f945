/** Follows sender-status into memory, from the oldest record that is kept (one hour). Every process reads all of it. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import { openedPart, type Part } from '@sendpool/service';
import type { HealthBoard } from '../../domain/server-health.ts';

export type SenderStatusDeps = { eventLog: Pick<EventLog, 'tail'>; board: HealthBoard };

/** A sender speaks every five seconds at least. */
const gatherMs = 500;

const put = (record: StoredRecord, board: HealthBoard): void => {
  try {
    board.put(senderStatusTopic.decode(record.value));
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
  }
};

export const createSenderStatus = ({ eventLog, board }: SenderStatusDeps): Part =>
  openedPart('sender-status', () =>
    eventLog.tail({
      topic: senderStatusTopic.name,
      from: new Map(),
      onRecords: (records) => records.forEach((record) => put(record, board)),
      gatherMs,
    }),
  );
