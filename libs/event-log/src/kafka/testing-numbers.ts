/** For specs of a log whose brokers fail: appends of numbers, and members of a group whose ledgers are numbers. */
import { sleep } from '@sendpool/kernel';
import { record, textOf, watch, type Watched } from '../conformance/probe.ts';
import type { EventLog, StoredRecord } from '../port.ts';

export const numbersOf = (records: readonly StoredRecord[]): number[] => records.map((one) => Number(textOf(one)));

/** What the members of a group have done, all together. */
export type Group = {
  topic: string;
  /** Noted before the commit: one that loses its answer may have been stored, and then its records do not come again. */
  seen: { partition: number; number: number }[];
  /** Partition -> the number in the newest ledger that was acknowledged. */
  acknowledged: Map<number, number>;
  /** Ledgers that an epoch found older than what had been acknowledged. */
  stale: string[];
};

/** Appends numbers, many at the same time, until it is stopped. */
export const startWriting = (log: EventLog, [topic, partitions]: [topic: string, partitions: number]) => {
  const stop = new AbortController();
  const appends: Promise<void>[] = [];
  const write = async (): Promise<void> => {
    for (; !stop.signal.aborted; await sleep(5)) {
      const append = log.publish(topic, [record(appends.length % partitions, String(appends.length))]);
      append.catch(() => undefined);
      appends.push(append);
    }
  };
  const writing = write();
  const stopWriting = async (): Promise<number> => {
    stop.abort();
    await writing;
    await Promise.all(appends);
    return appends.length;
  };
  return { count: () => appends.length, stopWriting, abort: () => stop.abort() };
};

/** Its ledger is the number of the last record that it settled. */
export const join = (log: EventLog, { topic, seen, acknowledged, stale }: Group): Promise<Watched> =>
  watch(
    { log },
    {
      topic,
      onAssigned: async (epoch) => {
        for (const partition of epoch.partitions) {
          const found = Number((await epoch.committed(partition))?.metadata ?? -1);
          const least = acknowledged.get(partition) ?? -1;
          if (found < least) stale.push(`partition ${partition}: ${found} after ${least}`);
        }
        return undefined;
      },
      onBatch: async ({ partition, records }, epoch) => {
        const last = records.at(-1)!;
        for (const number of numbersOf(records)) seen.push({ partition, number });
        await epoch.commit([{ partition, offset: last.offset + 1, metadata: textOf(last) }]);
        acknowledged.set(partition, Number(textOf(last)));
      },
    },
  );
