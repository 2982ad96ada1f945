/** The person who runs `restore-lanes`: the product's restore over the fake database and log, again until it comes to its end. */
import { sendRequestsTopic, type CampaignRecord, type OutcomeEvent, type SendRequestRecord } from '@sendpool/contracts';
import { readTails } from '../../apps/scheduler/src/api/events/lane-log.ts';
import { takenOver } from '../../apps/scheduler/src/domain/apply-event.ts';
import { countChanges } from '../../apps/scheduler/src/domain/counters.ts';
import type { RestoreLaneDeps, RestoreLog } from '../../apps/scheduler/src/domain/restore-lane.ts';
import type {
  CampaignRestoreStore,
  HeldLane,
  LaneRestoreStore,
} from '../../apps/scheduler/src/domain/restore-store.ts';
import { restoreSystem, type RestoreSystemDeps } from '../../apps/scheduler/src/domain/restore-system.ts';
import { newestOf, type Publication } from '../../apps/scheduler/src/domain/take-over.ts';
import { emptyGroup } from './backup.ts';
import { count, query, rowKey, store, sweep, type FakeDatabase } from './fake-database.ts';
import { append } from './fake-log.ts';
import { acquire } from './fake-slices.ts';
import { createLaneReader, firstKept, standingOf } from './lane-reader.ts';
import { sizes, type CampaignView, type System } from './system.ts';
import { call, note, sleep, type Life } from './world.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The lane's row, if it stands where it was held. */
const rowOf = (database: FakeDatabase, held: HeldLane) => {
  const row = database.lanes[held.lane]!;
  return row.epoch === held.epoch && row.lastSequence === held.lastSequence ? row : undefined;
};

const takeOver = (
  database: FakeDatabase,
  held: HeldLane,
  publications: readonly Publication[],
): number | 'LEASE_LOST' => {
  if (rowOf(database, held) === undefined) return 'LEASE_LOST';
  const changes = newestOf(publications).flatMap((publication) => {
    const before = database.rows.get(rowKey(Number(publication.campaignId.slice(1)), publication.recipient));
    const after = before && takenOver(before, publication);
    return before === undefined || after === undefined || after === before ? [] : [{ before, after }];
  });
  store(database, changes);
  count(database, countChanges(changes, database.world.now));
  return changes.length;
};

const finish = (database: FakeDatabase, held: HeldLane, fence: number): 'DONE' | 'LEASE_LOST' => {
  const row = rowOf(database, held);
  if (row === undefined) return 'LEASE_LOST';
  row.lastSequence = fence;
  row.intent = undefined;
  note(database.world, () => `lane ${held.lane} goes on behind fence ${fence}`);
  return 'DONE';
};

const hold = (database: FakeDatabase, lane: number, owner: string): HeldLane | undefined => {
  const lease = acquire(database, lane, owner);
  if (lease === undefined) return undefined;
  const { lastSequence, recorded } = standingOf(database, [lane]).get(lane)!;
  return { lane, epoch: lease.epoch, lastSequence, recorded };
};

const rewind = ({ positions }: FakeDatabase, { lane, recorded }: HeldLane, end: number): void => {
  if ((positions.get(lane) ?? 0) === recorded) positions.set(lane, Math.min(recorded, end));
};

const release = (database: FakeDatabase, { lane, epoch }: HeldLane): void => {
  const row = database.lanes[lane]!;
  if (row.epoch === epoch) row.owner = undefined;
};

const laneStore = (life: Life, { database }: System): LaneRestoreStore => ({
  hold: (lane, owner) => query(life, database, () => hold(database, lane, owner)),
  release: (held) => query(life, database, () => release(database, held)).catch(() => undefined),
  takeOver: (held, publications) => query(life, database, () => takeOver(database, held, publications)),
  rewind: (held, end) => query(life, database, () => rewind(database, held, end)),
  finish: (held, fence) => query(life, database, () => finish(database, held, fence)),
});

/** Only these parts of a campaign are simulated. */
const campaignStore = (life: Life, { database }: System): CampaignRestoreStore => {
  const find = (id: string) => [...database.campaigns.values()].find((campaign) => campaign.id === id)!;
  return {
    campaigns: () =>
      query(life, database, () =>
        [...database.campaigns.values()].map((one) => Object.assign({ prepared: true }, one)),
      ),
    prepare: () => Promise.resolve('DONE'),
    adopt: ({ id, status }, revision) =>
      query(life, database, () => {
        const campaign = find(id);
        if (campaign.revision >= revision) return;
        Object.assign(campaign, { revision, status: status === 'FINISHED' ? 'SENDING' : status });
        if (status === 'CANCELLED') sweep(database, campaign.number);
      }),
    lift: (id, revision) =>
      query(life, database, () => {
        find(id).revision = Math.max(find(id).revision, revision);
      }),
  };
};

const recordOf = (view: CampaignView): CampaignRecord => ({ ...view }) as CampaignRecord;

const each = async function* <Value>(values: Promise<readonly Value[]>): AsyncGenerator<Value> {
  yield* await values;
};

const restoreLog = (life: Life, system: System): RestoreLog => {
  const { requests, events } = system;
  return {
    bounds: (lane) =>
      call(life, () => ({
        next: requests.partitions[lane]!.length,
        eventsFirst: 0,
        eventsNext: events.partitions[lane]!.length,
      })),
    isOpen: (lane) => call(life, () => system.groups.sender.stored.has(lane)),
    requests: (lane) =>
      each<SendRequestRecord>(
        call(life, () =>
          requests.partitions[lane]!.slice(firstKept(system, lane)).map((value) => sendRequestsTopic.decode(value)),
        ),
      ),
    outcomes: (lane, from) =>
      each<OutcomeEvent>(
        call(life, () => events.partitions[lane]!.slice(from).filter((event) => event.type === 'OUTCOME')),
      ),
    produceRequest: (record) => call(life, () => append(requests, record.lane, [sendRequestsTopic.encode(record)])),
    produceEvent: (event) => call(life, () => append(events, event.lane, [event])),
  };
};

const laneDeps = (life: Life, system: System): RestoreLaneDeps => {
  const deps = {
    store: laneStore(life, system),
    log: restoreLog(life, system),
    now: () => system.world.now,
    distance: sizes.fenceDistance,
  };
  return system.plant.restoreLane?.(deps) ?? deps;
};

/** No sender lives: a member of the group that was dead long ago does not come back. */
const resetLedgers = ({ groups, requests, plant }: System): void => {
  if (plant.keepsLedgers === true) return;
  requests.partitions.forEach((records, lane) => {
    if (records.length > 0) groups.sender.stored.set(lane, { offset: records.length, metadata: '' });
  });
};

const depsOf = (life: Life, system: System, owner: string): RestoreSystemDeps => {
  const lanes = Array.from({ length: sizes.lanes }, (_, lane) => lane);
  return {
    campaigns: {
      store: campaignStore(life, system),
      records: () =>
        call(life, () => [
          ...new Map(system.campaigns.partitions[0]!.map((view) => [view.id, recordOf(view)])).values(),
        ]),
      publish: () => Promise.resolve(),
    },
    lane: laneDeps(life, system),
    owner,
    lanes: () => Promise.resolve(lanes),
    tails: (wanted) => readTails(createLaneReader(life, system), wanted, log),
    holdLedgers: async () => {
      emptyGroup(system.groups.sender);
      return {
        reset: () => call(life, () => resetLedgers(system)),
        release: () => Promise.resolve(),
      };
    },
    say: (line) => note(system.world, () => `restore-lanes: ${line}`),
    clock: () => system.world.now,
    sleep: (ms) => sleep(life, ms),
  };
};

/** Resolves when a run has come to its end. One that fails is run again. */
export const runRestore = async (life: Life, system: System, isLogLost: boolean): Promise<void> => {
  for (let run = 1; ; run++) {
    try {
      // Each run is a process of its own: its epoch fences what the one before may still have on its way.
      return await restoreSystem(depsOf(life, system, `${life.name}#${run}`), isLogLost);
    } catch (error) {
      note(system.world, () => `restore-lanes failed: ${String(error)}`);
      await sleep(life, 20);
    }
  }
};
