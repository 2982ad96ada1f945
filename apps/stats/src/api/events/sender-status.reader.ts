/** Follows sender-status into memory, from the oldest record that is kept (one hour). Every process reads all of it. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import { isAppError } from '@sendpool/kernel';
import type { Log, Part } from '@sendpool/service';
import { repeat } from './repeat.ts';
import type { HealthBoard } from '../../domain/server-health.ts';

type Reader = Pick<EventLog, 'bounds' | 'read'>;
export type SenderStatusDeps = { eventLog: Reader; board: HealthBoard; log: Log };

const topic = senderStatusTopic.name;
const pollMs = 500;
const maxBatch = 1000;
/** After so many looks without a record, the end of the log is looked at. A sender speaks every five seconds at least. */
const quietPolls = 10;

const put = (record: StoredRecord, board: HealthBoard): void => {
  try {
    board.put(senderStatusTopic.decode(record.value));
  } catch (error) {
    if (!isAppError(error, 'BAD_RECORD')) throw error;
  }
};

const boundsOf = async (eventLog: Reader): Promise<{ first: number; next: number }> =>
  (await eventLog.bounds(topic))[0] ?? { first: 0, next: 0 };

/** One look at the log; keeps where it is by itself. Reads on while batches are full. */
const createPoll = ({ eventLog, board }: SenderStatusDeps): (() => Promise<void>) => {
  let next: number | undefined;
  let quiet = 0;
  /** A log that ends before what was read has been lost, or made anew: whatever it holds now is read. */
  const start = async (): Promise<number> => {
    if (next !== undefined && quiet < quietPolls) return next;
    const bounds = await boundsOf(eventLog);
    quiet = 0;
    return next === undefined || next > bounds.next ? bounds.first : next;
  };
  return async () => {
    const from = await start();
    next = from;
    let records: StoredRecord[];
    do {
      records = await eventLog.read(topic, 0, next, maxBatch);
      for (const record of records) put(record, board);
      next = (records.at(-1)?.offset ?? next - 1) + 1;
    } while (records.length === maxBatch);
    quiet = next === from ? quiet + 1 : 0;
  };
};

export const createSenderStatus = (deps: SenderStatusDeps): Part =>
  repeat({ name: 'sender-status', everyMs: pollMs, work: createPoll(deps), log: deps.log });
