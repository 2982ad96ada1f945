/** A topic is defined once, with its key and its versioned schema; both sides parse with it. */
import { AppError } from '@sendpool/kernel';
import type { z } from 'zod';

export type TopicDefinition<Schema extends z.ZodType> = {
  readonly name: string;
  /** COMPACTED keeps the newest record of each key; DELETED drops whole batches older than `retentionMs`. */
  readonly cleanup: 'COMPACTED' | 'DELETED';
  readonly retentionMs: number;
  /** LANES: as many partitions as there are lanes, and the partition is the lane. ONE: a single partition. */
  readonly partitions: 'LANES' | 'ONE';
  encode(value: z.infer<Schema>): string;
  /** Throws AppError BAD_RECORD when the bytes are not a record of this topic. */
  decode(bytes: Uint8Array | string): z.infer<Schema>;
};

const decoder = new TextDecoder('utf-8', { fatal: true });

export const defineTopic = <Schema extends z.ZodType>(definition: {
  name: string;
  cleanup: 'COMPACTED' | 'DELETED';
  retentionMs?: number;
  partitions: 'LANES' | 'ONE';
  value: Schema;
}): TopicDefinition<Schema> => ({
  name: definition.name,
  cleanup: definition.cleanup,
  retentionMs: definition.retentionMs ?? 0,
  partitions: definition.partitions,
  encode: (value) => JSON.stringify(value),
  decode: (bytes) => {
    try {
      return definition.value.parse(JSON.parse(typeof bytes === 'string' ? bytes : decoder.decode(bytes)));
    } catch (cause) {
      throw new AppError('BAD_RECORD', `a record of ${definition.name} cannot be read`, { cause });
    }
  },
});

type Layout = Pick<TopicDefinition<never>, 'name' | 'cleanup' | 'retentionMs' | 'partitions'>;

/** What the event log needs to make these topics in a system of `lanes` lanes. */
export const topicSpecs = (topics: readonly Layout[], lanes: number) =>
  topics.map(({ name, cleanup, retentionMs, partitions }) => ({
    name,
    cleanup,
    retentionMs,
    partitions: partitions === 'LANES' ? lanes : 1,
  }));
