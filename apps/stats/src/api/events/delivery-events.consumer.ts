/** Reads delivery-events and has them counted. Where to go on lies in our own database, beside the numbers. */
import { deliveryEventsTopic, type DeliveryEvent } from '@sendpool/contracts';
import type { Consumer, Epoch, EventLog, RecordBatch, StoredRecord } from '@sendpool/event-log';
import { messageOf } from '@sendpool/kernel';
import { openedPart, traceBatch, type Log, type Part, type Tracing } from '@sendpool/service';
import { statsGroup, type CountEvents, type LaneBatch } from '../../domain/count-events.ts';
import type { StatsMetrics } from './stats-metrics.ts';

export type DeliveryEventsDeps = {
  eventLog: EventLog;
  counting: CountEvents;
  log: Log;
  metrics: StatsMetrics;
  tracing?: Tracing | undefined;
};

/** Milliseconds; a transaction costs as much as a hundred events, and nobody looks at numbers more often. */
const gatherMs = 300;

/** A record that cannot be read says nothing that could be counted: it is logged and passed. */
const decode = ({ value, partition, offset }: StoredRecord, deps: DeliveryEventsDeps): DeliveryEvent | undefined => {
  try {
    return deliveryEventsTopic.decode(value);
  } catch (error) {
    deps.metrics.badRecords.inc();
    deps.log.error({ lane: partition, offset, fault: messageOf(error) }, 'a delivery event is not counted');
    return undefined;
  }
};

const laneBatch = ({ partition, records }: RecordBatch, deps: DeliveryEventsDeps): LaneBatch => {
  const events: { offset: number; event: DeliveryEvent }[] = [];
  for (const record of records) {
    const event = decode(record, deps);
    if (event !== undefined) events.push({ offset: record.offset, event });
  }
  return { lane: partition, first: records[0]!.offset, next: records.at(-1)!.offset + 1, events };
};

const countBatch = async (batch: RecordBatch, deps: DeliveryEventsDeps): Promise<void> => {
  if (batch.records.length === 0) return;
  const lane = laneBatch(batch, deps);
  const work = (): ReturnType<CountEvents['count']> => deps.counting.count(lane);
  const { events, missed } = await traceBatch(deps.tracing, { name: 'count outcome', events: lane.events }, work);
  deps.metrics.counted.inc(events);
  deps.metrics.missed.inc(missed);
  if (missed === 0) return;
  deps.log.error(
    { lane: batch.partition, missed },
    'the event log had dropped delivery events before they were counted',
  );
};

const boundsOf = async (eventLog: EventLog): Promise<Map<number, { first: number; next: number }>> =>
  new Map((await eventLog.bounds(deliveryEventsTopic.name)).map((bounds) => [bounds.partition, bounds]));

const assign = async (deps: DeliveryEventsDeps, { partitions }: Epoch): Promise<ReadonlyMap<number, number>> => {
  const lanes = await deps.counting.rewind(partitions, () => boundsOf(deps.eventLog));
  if (lanes.length > 0)
    deps.log.error(
      { lanes },
      'the event log ends before what was counted: it was restored, and all that it holds is read again',
    );
  return deps.counting.assigned(partitions);
};

const consume = (deps: DeliveryEventsDeps): Promise<Consumer> =>
  deps.eventLog.consume({
    topic: deliveryEventsTopic.name,
    group: statsGroup,
    gatherMs,
    onAssigned: (epoch) => assign(deps, epoch),
    onBatch: (batch) => countBatch(batch, deps),
    onRevoked: () => Promise.resolve(),
    onError: (error) => deps.log.warn({ error }, `delivery-events are read again: ${messageOf(error)}`),
  });

export const createDeliveryEvents = (deps: DeliveryEventsDeps): Part =>
  openedPart('delivery-events', () => consume(deps));
