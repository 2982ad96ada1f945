/** Follows a compacted topic from its beginning. A record that cannot be read is logged with its place and passed over. */
import type { TopicDefinition } from '@sendpool/contracts';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import type { z } from 'zod';

export type FollowDeps = { eventLog: Pick<EventLog, 'follow'>; log: Log };

const take = <Schema extends z.ZodType>(
  record: StoredRecord,
  topic: TopicDefinition<Schema>,
  use: { apply(value: z.infer<Schema>): void; log: Log },
): void => {
  try {
    use.apply(topic.decode(record.value));
  } catch (error) {
    use.log.error({ error, topic: topic.name, offset: record.offset }, 'a record cannot be put in force');
  }
};

/** Has started when everything that lay in the topic has been handed to `apply`. */
export const followTopic = <Schema extends z.ZodType>(
  topic: TopicDefinition<Schema>,
  apply: (value: z.infer<Schema>) => void,
  { eventLog, log }: FollowDeps,
): Part => {
  let follower: Follower | undefined;
  return {
    name: topic.name,
    start: async () => {
      follower = await eventLog.follow(topic.name, (record) => take(record, topic, { apply, log }));
      await follower.caughtUp;
    },
    stop: async () => follower?.close(),
  };
};
