/** What the scheduler tells about its own work. */
import { deliveryEventsTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { Counter, Gauge, Log, Metrics } from '@sendpool/service';
import { createLoop, type Loop } from './loop.ts';

export type SchedulerMetrics = {
  readonly publications: Counter;
  readonly recorded: Counter<'outcome'>;
  readonly lag: Gauge<'lane'>;
  readonly inFlight: Gauge<'lane'>;
  readonly lanesRefused: Gauge;
};

export const createSchedulerMetrics = (metrics: Metrics): SchedulerMetrics => ({
  publications: metrics.counter('scheduler_publications_total', 'Send requests produced by this process.'),
  recorded: metrics.counter('scheduler_events_recorded_total', 'Delivery events recorded by this process.', [
    'outcome',
  ]),
  lag: metrics.gauge('scheduler_events_behind', 'Delivery events in the log that are not recorded.', ['lane']),
  lanesRefused: metrics.gauge(
    'scheduler_lanes_refused',
    'Lanes that are not published, because the database or the log was restored to an older state.',
  ),
  inFlight: metrics.gauge('scheduler_in_flight', 'Publications without an outcome.', ['lane']),
});

export type LaneNumbers = {
  /** Next offset of delivery-events to record, by lane. */
  recorded(): Promise<ReadonlyMap<number, number>>;
  /** Recipients IN_FLIGHT, by lane. */
  inFlight(): Promise<ReadonlyMap<number, number>>;
};

const everyMs = 10_000;

/** Measures each lane every ten seconds. */
export const measureLanes = (deps: {
  eventLog: Pick<EventLog, 'bounds'>;
  numbers: LaneNumbers;
  metrics: SchedulerMetrics;
  log: Log;
}): Loop =>
  createLoop({
    name: 'lane metrics',
    log: deps.log,
    turn: async () => {
      const recorded = await deps.numbers.recorded();
      for (const { partition, first, next } of await deps.eventLog.bounds(deliveryEventsTopic.name)) {
        deps.metrics.lag.set({ lane: String(partition) }, next - Math.max(first, recorded.get(partition) ?? 0));
      }
      for (const [lane, count] of await deps.numbers.inFlight())
        deps.metrics.inFlight.set({ lane: String(lane) }, count);
      return everyMs;
    },
  });
