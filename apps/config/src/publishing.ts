/** Keeps the two topics of this service equal to its tables: what changed is published, what the topic has wrong is repeated. */
import {
  apiKeysTopic,
  apiKeyUsesTopic,
  rotationVerdictsTopic,
  sendingConfigTopic,
  topicSpecs,
} from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Metrics, Part } from '@sendpool/service';
import { createPublishChanges } from './api/events/publish-changes.ts';
import { createRepairTopic } from './api/events/repair-topic.ts';
import { createWake, type Wake } from './api/events/wake.ts';
import type { Outbox } from './domain/outbox.ts';

export type PublishingDeps = {
  eventLog: EventLog;
  outboxes: readonly Outbox[];
  /** Woken by each change. */
  publisher: Wake;
  log: Log;
  metrics: Metrics;
};

/** The topics that this service writes. */
const topics = [sendingConfigTopic, apiKeysTopic];

/** None of the topics has lanes. */
const oneLane = 1;

const ensureTopics = (eventLog: EventLog): Part => ({
  name: 'topics',
  start: () => eventLog.ensureTopics(topicSpecs([...topics, rotationVerdictsTopic, apiKeyUsesTopic], oneLane)),
});

/** In the order in which they start. */
export const createPublishing = (deps: PublishingDeps): Part[] => {
  const { metrics, outboxes, publisher, eventLog, log } = deps;
  const published = metrics.counter('config_published_records_total', 'Records that a topic has acknowledged.', [
    'topic',
  ]);
  const repaired = metrics.counter('config_repaired_keys_total', 'Keys whose last record was older than the row.', [
    'topic',
  ]);
  const repairs = topics.map((topic) =>
    createRepairTopic({
      eventLog,
      topic: topic.name,
      revisionOf: (value) => topic.decode(value).revision,
      outboxes: outboxes.filter((outbox) => outbox.topic === topic.name),
      publisher,
      wake: createWake(),
      log,
      repaired: (name, keys) => repaired.inc({ topic: name }, keys),
    }),
  );
  const publish = createPublishChanges({
    eventLog,
    outboxes,
    wake: publisher,
    log,
    published: (topic, records) => published.inc({ topic }, records),
  });
  return [ensureTopics(eventLog), publish, ...repairs];
};
