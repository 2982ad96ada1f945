/** A stats process of the simulation: the product's counting of delivery events, over fake tables. */
import { AppError } from '@sendpool/kernel';
import type { DeliveryEvent } from '@sendpool/contracts';
import { createCountEvents, type CountStore, type LaneChange } from '../../apps/stats/src/domain/count-events.ts';
import { emptyLane } from '../../apps/stats/src/domain/fold.ts';
import { runConsumer, type FakeConsumer } from './fake-consumer.ts';
import { query } from './fake-database.ts';
import type { StatsTables, System } from './system.ts';
import { call, type Life } from './world.ts';

const save = ({ lanes, deltas }: StatsTables, changes: readonly LaneChange[]): void => {
  const isExpected = changes.every(({ lane, expected }) => (lanes.get(lane)?.next ?? 0) === expected);
  if (!isExpected) throw new AppError('CONFLICT', 'somebody else has counted');
  for (const { lane, next, state, deltas: added } of changes) {
    lanes.set(lane, { lane, next, state });
    deltas.push(...added);
  }
};

const rewind = ({ lanes }: StatsTables, lane: number, at: { from: number; to: number }): void => {
  const position = lanes.get(lane);
  if (position?.next === at.from) lanes.set(lane, { ...position, next: at.to });
};

/** Its tables lie in the same PostgreSQL as those of the scheduler, and are restored with them. */
const createStore = (life: Life, { stats, database }: System): CountStore => ({
  load: (lanes) =>
    query(life, database, () => lanes.map((lane) => stats.lanes.get(lane) ?? { lane, next: 0, state: emptyLane })),
  save: (changes) => query(life, database, () => save(stats, changes)),
  rewind: (lane, from, to) => query(life, database, () => rewind(stats, lane, { from, to })),
});

const boundsOf = (life: Life, { events }: System): Promise<Map<number, { first: number; next: number }>> =>
  call(life, () => new Map(events.partitions.map((records, lane) => [lane, { first: 0, next: records.length }])));

export const startStats = (life: Life, system: System): FakeConsumer => {
  const store = createStore(life, system);
  const counting = createCountEvents(system.plant.countStore?.(store) ?? store);
  return runConsumer<DeliveryEvent>(life, {
    group: system.groups.stats,
    topic: system.events,
    maxBatch: 6,
    onAssigned: async (epoch) => {
      await counting.rewind(epoch.partitions, () => boundsOf(life, system));
      return counting.assigned(epoch.partitions);
    },
    onBatch: async ({ partition, offset, values }) => {
      const events = values.map((event, index) => ({ offset: offset + index, event }));
      await counting.count({ lane: partition, first: offset, next: offset + values.length, events });
    },
    onRevoked: () => Promise.resolve(),
  });
};
