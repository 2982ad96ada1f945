/** Follows sender-status into memory, from the oldest record that is kept (one hour). Every process reads all of it. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { decodeOr, openedPart, type Log, type Part } from '@sendpool/service';
import type { HealthBoard } from '../../domain/server-health.ts';

export type SenderStatusDeps = { eventLog: Pick<EventLog, 'tail'>; board: HealthBoard; log: Log };

/** A sender speaks every five seconds at least. */
const gatherMs = 500;

export const createSenderStatus = ({ eventLog, board, log }: SenderStatusDeps): Part =>
  openedPart('sender-status', () =>
    eventLog.tail({
      topic: senderStatusTopic.name,
      from: new Map(),
      onRecords: (records) => {
        for (const record of records) {
          const status = decodeOr(senderStatusTopic, record, log);
          if (status !== undefined) board.put(status);
        }
      },
      gatherMs,
    }),
  );
