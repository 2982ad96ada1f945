/** What the scheduler tells about its own work. */
import { deliveryEventsTopic, outcomes, sendRequestsTopic, senderGroup } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import { createLagGauge, type Counter, type Gauge, type Histogram, type Log, type Metrics } from '@sendpool/service';
import type { LanePublisherDeps } from '../../domain/publish-lane.ts';
import { schedulerGroup, type RecordEvents } from '../../domain/record-events.ts';
import { createLoop, type Loop } from './loop.ts';

export type SchedulerMetrics = {
  readonly publications: Counter;
  readonly recorded: Counter<'outcome'>;
  readonly sliceRecords: Histogram;
  readonly sliceDuration: Histogram;
  readonly recordDuration: Histogram;
  readonly lag: Gauge<'topic' | 'group' | 'lane'>;
  readonly inFlight: Gauge<'lane'>;
  readonly lanes: Gauge;
  readonly lanesHeld: Gauge;
  readonly lanesRefused: Gauge;
  readonly campaigns: Gauge<'status'>;
  readonly campaignsAhead: Gauge;
  readonly deferredWaiting: Gauge<'server'>;
};

const createRecorded = (metrics: Metrics): SchedulerMetrics['recorded'] => {
  const name = 'scheduler_events_recorded_total';
  const recorded = metrics.counter(name, 'Delivery events recorded, by outcome, GAP or LOST.', ['outcome']);
  // A counter that comes into the world as 1 has never increased for Prometheus.
  for (const outcome of [...outcomes, 'GAP', 'LOST']) recorded.inc({ outcome }, 0);
  return recorded;
};

const createHistograms = (
  metrics: Metrics,
): Pick<SchedulerMetrics, 'sliceRecords' | 'sliceDuration' | 'recordDuration'> => ({
  sliceRecords: metrics.histogram('scheduler_slice_records', 'Send requests in one slice.', {
    buckets: [1, 5, 10, 25, 50, 100, 200, 300, 400, 500],
  }),
  sliceDuration: metrics.histogram('scheduler_slice_duration_seconds', 'The transaction that takes a slice.'),
  recordDuration: metrics.histogram(
    'scheduler_record_duration_seconds',
    'The transaction that records a batch of delivery events.',
  ),
});

export const createSchedulerMetrics = (metrics: Metrics): SchedulerMetrics => ({
  ...createHistograms(metrics),
  recorded: createRecorded(metrics),
  publications: metrics.counter('scheduler_publications_total', 'Send requests produced by this process.'),
  lag: createLagGauge(metrics),
  lanes: metrics.gauge('scheduler_lanes', 'Lanes there are, of the whole system.'),
  lanesHeld: metrics.gauge('scheduler_lanes_held', 'Lanes whose lease some scheduler holds, of the whole system.'),
  lanesRefused: metrics.gauge(
    'scheduler_lanes_refused',
    'Lanes that are not published, because the database or the log was restored to an older state.',
  ),
  inFlight: metrics.gauge('scheduler_in_flight', 'Publications without an outcome.', ['lane']),
  campaigns: metrics.gauge('scheduler_campaigns', 'Campaigns that are not at their end.', ['status']),
  campaignsAhead: metrics.gauge(
    'scheduler_campaigns_ahead',
    'Campaigns of which the log holds a newer revision than the database: nothing is published.',
  ),
  deferredWaiting: metrics.gauge('scheduler_deferred_waiting', 'Deferred messages that wait for their next try.', [
    'server',
  ]),
});

type LaneNumbers = {
  /** Next offset of delivery-events to record, by lane. */
  recorded(): Promise<ReadonlyMap<number, number>>;
  /** Recipients IN_FLIGHT, by lane; every lane is named. */
  inFlight(): Promise<ReadonlyMap<number, number>>;
  /** Lanes with a lease in force. */
  held(): Promise<number>;
  /** Numbers of campaigns that are not at their end, by status. */
  campaigns(): Promise<ReadonlyMap<string, number>>;
};

export type MeasureDeps = {
  eventLog: Pick<EventLog, 'bounds' | 'lag'>;
  numbers: LaneNumbers;
  metrics: SchedulerMetrics;
  log: Log;
};

const measureLag = async ({ eventLog, numbers, metrics }: MeasureDeps): Promise<void> => {
  const events = { topic: deliveryEventsTopic.name, group: schedulerGroup };
  const recorded = await numbers.recorded();
  for (const { partition, first, next } of await eventLog.bounds(events.topic))
    metrics.lag.set({ ...events, lane: partition }, next - Math.max(first, recorded.get(partition) ?? 0));
  const requests = { topic: sendRequestsTopic.name, group: senderGroup };
  for (const { partition, end, committed } of await eventLog.lag(requests.topic, requests.group))
    metrics.lag.set({ ...requests, lane: partition }, end - committed);
};

const measureDatabase = async ({ numbers, metrics }: MeasureDeps): Promise<void> => {
  const inFlight = await numbers.inFlight();
  for (const [lane, count] of inFlight) metrics.inFlight.set({ lane }, count);
  metrics.lanes.set(inFlight.size);
  metrics.lanesHeld.set(await numbers.held());
  const campaigns = await numbers.campaigns();
  metrics.campaigns.reset();
  for (const [status, count] of campaigns) metrics.campaigns.set({ status }, count);
};

const everyMs = 10_000;

/** Measures every lane of the system every ten seconds. */
export const measureLanes = (deps: MeasureDeps): Loop =>
  createLoop({
    name: 'lane metrics',
    log: deps.log,
    turn: async () => {
      await measureDatabase(deps);
      await measureLag(deps);
      return everyMs;
    },
  });

/** Replaces what was measured before: a server for which nothing waits any more is left out. */
export const showDeferred = (metrics: SchedulerMetrics, waiting: ReadonlyMap<string, number>): void => {
  metrics.deferredWaiting.reset();
  for (const [server, count] of waiting) metrics.deferredWaiting.set({ server }, count);
};

type TakeSlice = LanePublisherDeps['takeSlice'];

export const measureSlices =
  (takeSlice: TakeSlice, metrics: SchedulerMetrics): TakeSlice =>
  async (request) => {
    const stopTimer = metrics.sliceDuration.startTimer();
    const slice = await takeSlice(request);
    stopTimer();
    if (slice.kind === 'SLICE') metrics.sliceRecords.observe(slice.records.length);
    return slice;
  };

export const measureRecording = (events: RecordEvents, metrics: SchedulerMetrics): RecordEvents => ({
  ...events,
  record: async (batch) => {
    const stopTimer = metrics.recordDuration.startTimer();
    const changed = await events.record(batch);
    stopTimer();
    return changed;
  },
});
