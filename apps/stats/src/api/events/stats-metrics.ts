/** What stats tells about its own work. */
import type { Counter, Gauge, Metrics } from '@sendpool/service';

export type StatsMetrics = { counted: Counter; badRecords: Counter; behind: Gauge };

export const createStatsMetrics = (metrics: Metrics): StatsMetrics => ({
  counted: metrics.counter('stats_events_counted_total', 'Delivery events counted by this process.'),
  badRecords: metrics.counter('stats_bad_records_total', 'Delivery events that could not be read.'),
  behind: metrics.gauge('stats_events_behind', 'Delivery events in the log that are not in the numbers, of all lanes.'),
});
