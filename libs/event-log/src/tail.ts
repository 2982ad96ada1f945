/** Reads a topic of one partition on and on, outside any group: for what every process wants to hear, and may miss. */
import type { EventLog, StoredRecord } from './port.ts';

export type TailOptions = {
  eventLog: Pick<EventLog, 'bounds' | 'read'>;
  topic: string;
  /** FIRST: with all that is kept. END: with what comes from now on. */
  from: 'FIRST' | 'END';
  onRecords(records: readonly StoredRecord[]): void;
};

const maxBatch = 1000;
/** After so many looks without a record, the end of the log is looked at. */
const quietLooks = 10;

/** One look at the log, each time it is called; keeps where it is by itself. Reads on while batches are full. */
export const createTail = ({ eventLog, topic, from, onRecords }: TailOptions): (() => Promise<void>) => {
  let next: number | undefined;
  let quiet = 0;
  /** A log that ends before what was read has been lost, or made anew: whatever it holds now is read. */
  const place = async (): Promise<number> => {
    if (next !== undefined && quiet < quietLooks) return next;
    const { first, next: end } = (await eventLog.bounds(topic))[0] ?? { first: 0, next: 0 };
    quiet = 0;
    if (next === undefined) return from === 'FIRST' ? first : end;
    return next > end ? first : next;
  };
  return async () => {
    const begin = await place();
    next = begin;
    let records: StoredRecord[];
    do {
      records = await eventLog.read(topic, 0, next, maxBatch);
      onRecords(records);
      next = (records.at(-1)?.offset ?? next - 1) + 1;
    } while (records.length === maxBatch);
    quiet = next === begin ? quiet + 1 : 0;
  };
};
