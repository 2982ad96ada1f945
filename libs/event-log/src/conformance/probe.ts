/** Helpers of the suite: topics of their own, waiting for something to become true, and a consumer that writes down what happens to it. */
import { isAppError } from '@sendpool/kernel';
import type { ConsumeOptions, Consumer, Epoch, NewRecord, StoredRecord, TopicSpec } from '../port.ts';
import type { Peer } from './harness.ts';

let topics = 0;

/** Makes a topic under a name that no other case uses. */
export const makeTopic = async ({ log }: Pick<Peer, 'log'>, spec: Partial<TopicSpec> = {}): Promise<string> => {
  const name = `topic-${process.pid}-${++topics}`;
  await log.ensureTopics([{ name, partitions: 4, cleanup: 'DELETED', retentionMs: 0, ...spec }]);
  return name;
};

export const makeCompacted = (peer: Peer): Promise<string> => makeTopic(peer, { partitions: 1, cleanup: 'COMPACTED' });

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Throws when it has not become true in time. */
export const until = async (what: string, isTrue: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(5);
  }
};

export const record = (partition: number, value: string, key: string | null = null): NewRecord => ({
  partition,
  key,
  value,
});

/** Values `<prefix>0` to `<prefix>n-1` for one partition. */
export const numbered = (partition: number, prefix: string, n: number): NewRecord[] =>
  Array.from({ length: n }, (_, index) => record(partition, `${prefix}${index}`));

export const textOf = (stored: StoredRecord): string => stored.value.toString();

export const isEnded = (error: unknown): boolean => isAppError(error, 'EPOCH_ENDED');

type Revocation = { epoch: Epoch; reason: 'REBALANCE' | 'CLOSING' | 'LOST' };
export type Watched = { consumer: Consumer; epochs: Epoch[]; records: StoredRecord[]; revocations: Revocation[] };

/** Each topic has a group of its own: where a group spans topics, cases would rebalance each other. */
export const groupOf = (topic: string): string => `readers of ${topic}`;

/** Joins the group of a topic and writes down what happens; `overrides` replace or follow the noting hooks. */
export const watch = async (
  peer: Pick<Peer, 'log'>,
  options: Pick<ConsumeOptions, 'topic'> & Partial<ConsumeOptions>,
): Promise<Watched> => {
  const epochs: Epoch[] = [];
  const records: StoredRecord[] = [];
  const revocations: Revocation[] = [];
  const consumer = await peer.log.consume({
    group: groupOf(options.topic),
    ...options,
    onAssigned: async (epoch) => {
      const start = await options.onAssigned?.(epoch);
      epochs.push(epoch);
      return start;
    },
    onBatch: async (batch, epoch) => {
      await options.onBatch?.(batch, epoch);
      for (const one of batch.records) records.push(one);
    },
    onRevoked: async (epoch, reason) => {
      revocations.push({ epoch, reason });
      await options.onRevoked?.(epoch, reason);
    },
  });
  return { consumer, epochs, records, revocations };
};

export const lastEpoch = (watched: Watched): Epoch | undefined => watched.epochs.at(-1);

/** Waits for an epoch with so many partitions. */
export const holds = (watched: Watched, partitions: number): Promise<void> =>
  until(`an epoch with ${partitions} partitions`, () => lastEpoch(watched)?.partitions.length === partitions);

/** Commits the position after the last record of each batch. */
export const commitBatch: ConsumeOptions['onBatch'] = (batch, epoch) =>
  epoch.commit([{ partition: batch.partition, offset: batch.records.at(-1)!.offset + 1, metadata: '' }]);
