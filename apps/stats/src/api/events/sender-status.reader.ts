/** Follows sender-status into memory, from the oldest record that is kept (one hour). Every process reads all of it. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';
import { repeat } from './repeat.ts';
import type { HealthBoard } from '../../domain/server-health.ts';

export type SenderStatusDeps = { eventLog: EventLog; board: HealthBoard; log: Log };

const topic = senderStatusTopic.name;
const pollMs = 500;
const maxBatch = 1000;

const put = (record: StoredRecord, board: HealthBoard): void => {
  try {
    board.put(senderStatusTopic.decode(record.value));
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
  }
};

/** One look at the log; keeps where it is by itself. Reads on while batches are full. */
const createPoll = ({ eventLog, board }: SenderStatusDeps): (() => Promise<void>) => {
  let next: number | undefined;
  return async () => {
    let from = next ?? (await eventLog.bounds(topic))[0]?.first ?? 0;
    let records: StoredRecord[];
    do {
      records = await eventLog.read(topic, 0, from, maxBatch);
      for (const record of records) put(record, board);
      from = (records.at(-1)?.offset ?? from - 1) + 1;
      next = from;
    } while (records.length === maxBatch);
  };
};

export const createSenderStatus = (deps: SenderStatusDeps): Part =>
  repeat({ name: 'sender-status', everyMs: pollMs, work: createPoll(deps), log: deps.log });
