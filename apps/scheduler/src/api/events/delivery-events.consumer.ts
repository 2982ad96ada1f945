/** Records delivery events: the position lies in the scheduler's own database, in the same transaction as what was learned. */
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import type { EventLog, RecordBatch } from '@sendpool/event-log';
import { decodeOr, openedPart, traceBatch, type Log, type Part, type Tracing } from '@sendpool/service';
import { schedulerGroup, type RecordEvents } from '../../domain/record-events.ts';
import type { LogCheck } from './log-check.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';

export type DeliveryEventsDeps = {
  eventLog: Pick<EventLog, 'consume'>;
  record: RecordEvents;
  check: Pick<LogCheck, 'beforeRecording'>;
  /** Told which lanes this process records from now on. */
  assigned(lanes: readonly number[]): void;
  /** Told how many recipients of a lane were changed. */
  settled(lane: number, count: number): void;
  metrics: SchedulerMetrics;
  tracing?: Tracing | undefined;
  log: Log;
};

/** Milliseconds; a transaction costs as much as a hundred events. */
const gatherMs = 200;
const maxBatch = 1000;
/** A scheduler that is silent for so long loses its lanes to the others: with a rebalance they go on within 15 seconds. */
const sessionTimeoutMs = 8000;

type Decoded = { readonly offset: number; readonly event: DeliveryEvent };

const decode = (deps: DeliveryEventsDeps, batch: RecordBatch): Decoded[] => {
  const events: Decoded[] = [];
  for (const record of batch.records) {
    const event = decodeOr(deliveryEventsTopic, record, deps.log);
    if (event !== undefined) events.push({ offset: record.offset, event });
  }
  return events;
};

const count = (metrics: SchedulerMetrics, events: readonly Decoded[]): void => {
  for (const { event } of events)
    metrics.recorded.inc({ outcome: event.type === 'OUTCOME' ? event.outcome : event.type });
};

const recordBatch = async (deps: DeliveryEventsDeps, batch: RecordBatch): Promise<void> => {
  const last = batch.records.at(-1);
  if (last === undefined) return;
  const events = decode(deps, batch);
  const work = (): Promise<number> => deps.record.record({ partition: batch.partition, next: last.offset + 1, events });
  const changed = await traceBatch(deps.tracing, { name: 'record outcome', events }, work);
  count(deps.metrics, events);
  deps.settled(batch.partition, changed);
};

export const consumeDeliveryEvents = (deps: DeliveryEventsDeps): Part =>
  openedPart('delivery-events', () =>
    deps.eventLog.consume({
      topic: deliveryEventsTopic.name,
      group: schedulerGroup,
      maxBatch,
      gatherMs,
      sessionTimeoutMs,
      onAssigned: async (epoch) => {
        deps.log.info({ generation: epoch.generation, lanes: epoch.partitions }, 'lanes were assigned');
        deps.assigned(epoch.partitions);
        await deps.check.beforeRecording(epoch.partitions);
        return deps.record.assigned(epoch.partitions);
      },
      onBatch: (batch) => recordBatch(deps, batch),
      onRevoked: async () => undefined,
      onError: (error) => deps.log.warn({ error }, 'delivery events could not be recorded and are read again'),
    }),
  );
