/** Tells an observer what goes through an event log: how long appends and commits take, and how epochs come and go. For the numbers of a process. */
import type { ConsumeOptions, Epoch, EventLog } from './port.ts';

export type EventLogObserver = {
  /** `seconds` until the records were durable, or until it was given up. */
  published(done: { topic: string; records: number; seconds: number; isDurable: boolean }): void;
  /** A commit of positions with their metadata. */
  committed(done: { group: string; seconds: number; isDurable: boolean }): void;
  epochBegan(group: string, partitions: readonly number[]): void;
  epochEnded(group: string, reason: 'REBALANCE' | 'CLOSING' | 'LOST'): void;
  /** A fault of a background loop of the consumer, which goes on by itself. */
  consumerFailed(group: string): void;
};

/** Settles as `work` does; tells first how long it took. */
const timed = async (work: Promise<void>, tell: (seconds: number, isDurable: boolean) => void): Promise<void> => {
  const began = performance.now();
  const told = (isDurable: boolean): void => tell((performance.now() - began) / 1000, isDurable);
  await work.catch((error: unknown) => {
    told(false);
    throw error;
  });
  told(true);
};

const observeEpoch = (epoch: Epoch, group: string, observer: EventLogObserver): Epoch => ({
  ...epoch,
  commit: (commits) =>
    timed(epoch.commit(commits), (seconds, isDurable) => observer.committed({ group, seconds, isDurable })),
});

/** One epoch is one object to whoever consumes, in every call. */
const observeConsume = (options: ConsumeOptions, observer: EventLogObserver): ConsumeOptions => {
  const { group } = options;
  const epochs = new WeakMap<Epoch, Epoch>();
  const seen = (epoch: Epoch): Epoch => {
    const known = epochs.get(epoch) ?? observeEpoch(epoch, group, observer);
    epochs.set(epoch, known);
    return known;
  };
  return {
    ...options,
    onAssigned: (epoch) => {
      observer.epochBegan(group, epoch.partitions);
      return options.onAssigned(seen(epoch));
    },
    onBatch: (batch, epoch) => options.onBatch(batch, seen(epoch)),
    onRevoked: (epoch, reason) => {
      observer.epochEnded(group, reason);
      return options.onRevoked(seen(epoch), reason);
    },
    onError: (error) => {
      observer.consumerFailed(group);
      options.onError?.(error);
    },
  };
};

export const observeEventLog = (eventLog: EventLog, observer: EventLogObserver): EventLog => ({
  ...eventLog,
  publish: (topic, records) =>
    timed(eventLog.publish(topic, records), (seconds, isDurable) =>
      observer.published({ topic, records: records.length, seconds, isDurable }),
    ),
  consume: (options) => eventLog.consume(observeConsume(options, observer)),
});
