/** Numbers of a process's event log. The observer has the shape that `createEventLog` takes. */
import type { Gauge, Metrics } from './metrics.ts';

export type EventLogMetrics = {
  published(done: { topic: string; records: number; seconds: number; isDurable: boolean }): void;
  committed(done: { group: string; seconds: number; isDurable: boolean }): void;
  epochBegan(group: string, partitions: readonly number[]): void;
  epochEnded(group: string, reason: string): void;
  consumerFailed(group: string): void;
};

const createPublishMetrics = (metrics: Metrics): EventLogMetrics['published'] => {
  const name = 'event_log_publish_duration_seconds';
  const duration = metrics.histogram(name, 'From an append until its records were durable.', { labels: ['topic'] });
  const records = metrics.counter('event_log_published_records_total', 'Records that became durable.', ['topic']);
  const failures = metrics.counter('event_log_publish_failures_total', 'Appends that were given up.', ['topic']);
  return (done) => {
    const { topic } = done;
    failures.inc({ topic }, done.isDurable ? 0 : 1);
    if (!done.isDurable) return;
    duration.observe({ topic }, done.seconds);
    records.inc({ topic }, done.records);
  };
};

const createCommitMetrics = (metrics: Metrics): EventLogMetrics['committed'] => {
  const name = 'event_log_commit_duration_seconds';
  const duration = metrics.histogram(name, 'Until a commit of positions was durable.', { labels: ['group'] });
  const failures = metrics.counter(
    'event_log_commit_failures_total',
    'Commits that were refused or not answered. Each ends an epoch.',
    ['group'],
  );
  return ({ group, seconds, isDurable }) => {
    failures.inc({ group }, isDurable ? 0 : 1);
    if (isDurable) duration.observe({ group }, seconds);
  };
};

const endReasons = ['REBALANCE', 'CLOSING', 'LOST'];

const createEpochMetrics = (
  metrics: Metrics,
): Pick<EventLogMetrics, 'epochBegan' | 'epochEnded' | 'consumerFailed'> => {
  const began = metrics.counter('event_log_epochs_total', 'Epochs that began: each is a rebalance of the group.', [
    'group',
  ]);
  const ended = metrics.counter('event_log_epoch_ends_total', 'Epochs that ended, by reason.', ['group', 'reason']);
  const owned = metrics.gauge('event_log_owned_partitions', 'Partitions that this process holds in the group.', [
    'group',
  ]);
  const faults = metrics.counter('event_log_consumer_faults_total', 'Faults of a consumer that went on by itself.', [
    'group',
  ]);
  return {
    epochBegan: (group, partitions) => {
      began.inc({ group });
      owned.set({ group }, partitions.length);
      faults.inc({ group }, 0);
      for (const reason of endReasons) ended.inc({ group, reason }, 0);
    },
    epochEnded: (group, reason) => {
      ended.inc({ group, reason });
      owned.set({ group }, 0);
    },
    consumerFailed: (group) => faults.inc({ group }),
  };
};

export const createEventLogMetrics = (metrics: Metrics): EventLogMetrics => ({
  published: createPublishMetrics(metrics),
  committed: createCommitMetrics(metrics),
  ...createEpochMetrics(metrics),
});

/** How far a group is behind, by lane; measured where positions and ends of the lanes are at hand. */
export const createLagGauge = (metrics: Metrics): Gauge<'topic' | 'group' | 'lane'> =>
  metrics.gauge('event_log_lag', 'Records in the log that the group has not settled.', ['topic', 'group', 'lane']);
