/** Reads records of a topic; one that cannot be read is logged with its place and passed over, so that it stops nothing. */
import type { TopicDefinition } from '@sendpool/contracts';
import type { StoredRecord } from '@sendpool/event-log';
import type { Log } from '@sendpool/service';
import type { z } from 'zod';

export const decodeOr = <Schema extends z.ZodType>(
  topic: TopicDefinition<Schema>,
  record: StoredRecord,
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
