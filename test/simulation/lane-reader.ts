/** The lanes of the simulated log and database as the check and the restore of the scheduler read them. */
import { deliveryEventsTopic, oldestCarried, sendRequestsTopic } from '@sendpool/contracts';
import type { EventLog, StoredRecord } from '@sendpool/event-log';
import type { LaneInDatabase } from '../../apps/scheduler/src/domain/lane-step.ts';
import type { FakeDatabase } from './fake-database.ts';
import type { System } from './system.ts';
import { call, type Life } from './world.ts';

const firstFence = (records: readonly string[]): number => {
  const index = records.findIndex((record) => record.includes('"FENCE"'));
  return index < 0 ? records.length : index;
};

/**
 * Send requests before it may have been dropped from the log. Of the thousands that really stay before the base only two do here; a fence
 * always lies among those thousands.
 */
export const firstKept = ({ groups, requests }: System, lane: number): number => {
  const records = requests.partitions[lane]!;
  const { offset = 0, metadata = '' } = groups.sender.stored.get(lane) ?? {};
  return Math.max(0, Math.min(offset - 2, oldestCarried(metadata) ?? offset, firstFence(records)));
};

/** The check reads only the tail, which is never dropped. */
const boundsOf = (system: System, topic: string): { partition: number; first: number; next: number }[] => {
  const { partitions } = topic === sendRequestsTopic.name ? system.requests : system.events;
  return partitions.map((records, partition) => ({ partition, first: 0, next: records.length }));
};

const valuesOf = (system: System, topic: string, lane: number): string[] =>
  topic === sendRequestsTopic.name
    ? system.requests.partitions[lane]!
    : system.events.partitions[lane]!.map((event) => deliveryEventsTopic.encode(event));

const recordsOf = (values: readonly string[], at: { partition: number; offset: number }): StoredRecord[] =>
  values.map((value, index) => ({
    partition: at.partition,
    offset: at.offset + index,
    key: null,
    value: Buffer.from(value),
    at: 0,
  }));

export const createLaneReader = (life: Life, system: System): Pick<EventLog, 'read' | 'bounds'> => ({
  bounds: (topic) => call(life, () => boundsOf(system, topic)),
  read: (topic, partition, offset, max) =>
    call(life, () => recordsOf(valuesOf(system, topic, partition).slice(offset, offset + max), { partition, offset })),
});

export const standingOf = (database: FakeDatabase, lanes: readonly number[]): Map<number, LaneInDatabase> =>
  new Map(
    lanes.map((lane) => [
      lane,
      {
        lane,
        lastSequence: database.lanes[lane]!.lastSequence,
        recorded: database.positions.get(lane) ?? 0,
      },
    ]),
  );
