/** What stats tells about its own work. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import { createLagGauge, type Counter, type Metrics } from '@sendpool/service';
import { statsGroup } from '../../domain/count-events.ts';

export type StatsMetrics = {
  counted: Counter;
  badRecords: Counter;
  missed: Counter;
  /** Events in the log that are not in the numbers, by lane. */
  behind(lanes: ReadonlyMap<number, number>): void;
};

export const createStatsMetrics = (metrics: Metrics): StatsMetrics => {
  const lag = createLagGauge(metrics);
  return {
    counted: metrics.counter('stats_events_counted_total', 'Delivery events counted by this process.'),
    badRecords: metrics.counter('stats_bad_records_total', 'Delivery events that could not be read.'),
    missed: metrics.counter(
      'stats_missed_events_total',
      'Delivery events that the log had dropped before they were counted.',
    ),
    behind: (lanes) => {
      for (const [lane, count] of lanes) lag.set({ topic: deliveryEventsTopic.name, group: statsGroup, lane }, count);
    },
  };
};
