/** Reads records of a topic; one that cannot be read is logged with its place and passed over, so that it stops nothing. */
import type { TopicDefinition } from '@sendpool/contracts';
import type { z } from 'zod';
import type { Log } from './log.ts';

/** Of a record of the event log what says where it lies and what it holds. */
type Placed = { readonly partition: number; readonly offset: number; readonly value: Uint8Array };

export const decodeOr = <Schema extends z.ZodType>(
  topic: TopicDefinition<Schema>,
  record: Placed,
  log: Log,
): z.infer<Schema> | undefined => {
  try {
    return topic.decode(record.value);
  } catch (error) {
    log.error(
      { error, topic: topic.name, partition: record.partition, offset: record.offset },
      'a record cannot be read and is passed over',
    );
    return undefined;
  }
};
