/** Topics of the contract as the event log makes them. */
import type { TopicDefinition } from '@sendpool/contracts';
import type { TopicSpec } from '@sendpool/event-log';

type Topic = Pick<TopicDefinition<never>, 'name' | 'cleanup' | 'retentionMs' | 'partitions'>;

export const topicSpecs = (topics: readonly Topic[], lanes: number): TopicSpec[] =>
  topics.map(({ name, cleanup, retentionMs, partitions }) => ({
    name,
    cleanup,
    retentionMs,
    partitions: partitions === 'LANES' ? lanes : 1,
  }));
