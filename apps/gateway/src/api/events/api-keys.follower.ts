/** Follows sendpool.api-keys.v1 from its beginning and tells the key ring. */
import { apiKeysTopic, topicSpecs } from '@sendpool/contracts';
import type { EventLog, Follower, StoredRecord } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import type { KeyRing } from '../../domain/key-ring.ts';

/** A record that cannot be read is logged and passed: one bad record must not shut everybody out. */
const learn = (keys: KeyRing, log: Log, record: StoredRecord): void => {
  try {
    keys.learn(apiKeysTopic.decode(record.value));
  } catch (error) {
    log.error({ error, topic: apiKeysTopic.name, offset: record.offset }, 'a record of an API key was passed over');
  }
};

/** Ready once every key that lay in the log has been read: before it a good key would be refused. */
export const followApiKeys = (deps: { eventLog: EventLog; keys: KeyRing; log: Log }): Part => {
  const { eventLog, keys, log } = deps;
  let follower: Follower | undefined;
  let caughtUp = false;
  return {
    name: 'api-keys',
    start: async () => {
      await eventLog.ensureTopics(topicSpecs([apiKeysTopic], 1));
      follower = await eventLog.follow(apiKeysTopic.name, (record) => learn(keys, log, record));
      await follower.caughtUp;
      caughtUp = true;
    },
    ready: () => caughtUp,
    stop: async () => follower?.close(),
  };
};
