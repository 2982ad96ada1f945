/** A scheduler of the simulation: the product's lane publisher, slices and event recording, over the fake database. */
import type { DeliveryEvent, RecipientState } from '@sendpool/contracts';
import { isFinished } from '../../apps/scheduler/src/domain/is-finished.ts';
import { createLanePublisher, type LanePublisherDeps } from '../../apps/scheduler/src/domain/publish-lane.ts';
import { createRecordEvents } from '../../apps/scheduler/src/domain/record-events.ts';
import { createLogCheck, type LogCheck } from '../../apps/scheduler/src/api/events/log-check.ts';
import { createTakeSlice } from '../../apps/scheduler/src/domain/take-slice.ts';
import { runConsumer, type FakeConsumer } from './fake-consumer.ts';
import { applyRecord, control, query, type FakeCampaign, type FakeDatabase } from './fake-database.ts';
import { acquire, sliceTransaction } from './fake-slices.ts';
import { append, type FakeTopic } from './fake-log.ts';
import { createLaneReader, standingOf } from './lane-reader.ts';
import { sizes, type CampaignView, type System } from './system.ts';
import { call, later, note, sleep, type Life } from './world.ts';

const appendRequests = (system: System, lane: number, records: readonly string[]): void => {
  if (system.losesBatch) {
    system.losesBatch = false;
    note(system.world, () => `acknowledged batch of lane ${lane} lost`);
    return;
  }
  append(system.requests, lane, records);
};

const sequencesOf = (records: readonly string[]): string =>
  records
    .map((record) => JSON.parse(record) as { sequence: number; campaignId: string; recipient: number })
    .map(({ sequence, campaignId, recipient }) => `${sequence}=r${campaignId.slice(1)}:${recipient}`)
    .join(' ');

const createProduce =
  (life: Life, system: System): LanePublisherDeps['produce'] =>
  async (lane, records) => {
    note(system.world, () => `${life.name} produces lane ${lane}: ${sequencesOf(records)}`);
    await call(life, () => appendRequests(system, lane, records));
  };

const publishLanes = (life: Life, system: System, check: LogCheck): void => {
  const { database, plant, policy, world } = system;
  const produce = createProduce(life, system);
  const takeSlice = createTakeSlice({
    store: { slice: (work) => query(life, database, () => work(sliceTransaction(database))) },
    limits: { slice: sizes.slice, probe: sizes.probe },
    policy,
  });
  const publisher = createLanePublisher({
    leases: {
      acquire: (lane, owner) => query(life, database, () => acquire(database, lane, owner)),
      release: () => Promise.resolve(),
    },
    takeSlice,
    produce: plant.produce?.(produce, life) ?? produce,
    isOpen: (lane) => call(life, () => system.groups.sender.stored.has(lane)),
    mayPublish: check.mayPublish,
    owner: life.name,
    idle: (_lane, ms) => sleep(life, Math.max(ms, 5)),
    onFault: (lane, error) => note(world, () => `${life.name} lane ${lane}: ${String(error)}`),
    timings: { retryMs: 70, idleMs: 50 },
  });
  for (let lane = 0; lane < sizes.lanes; lane++) void publisher.run(lane, new AbortController().signal);
};

const recordOutcomes = (life: Life, system: System, check: LogCheck): FakeConsumer => {
  const { database, policy } = system;
  const records = createRecordEvents({
    store: {
      positions: (partitions) =>
        query(
          life,
          database,
          () => new Map(partitions.map((partition) => [partition, database.positions.get(partition) ?? 0])),
        ),
      apply: (batch, decide) => query(life, database, () => applyRecord(database, batch, decide)),
    },
    policy,
    random: system.world.random.next,
  });
  return runConsumer<DeliveryEvent>(life, {
    group: system.groups.scheduler,
    topic: system.events,
    maxBatch: 6,
    onAssigned: async (epoch) => {
      await check.beforeRecording(epoch.partitions);
      return records.assigned(epoch.partitions);
    },
    onBatch: async ({ partition, offset, values }) => {
      const events = values.map((event, index) => ({ offset: offset + index, event }));
      await records.record({ partition, next: offset + values.length, events });
    },
    onRevoked: () => Promise.resolve(),
  });
};

const lastRevision = (topic: FakeTopic<CampaignView>, id: string): number =>
  topic.partitions[0]!.findLast((record) => record.id === id)?.revision ?? 0;

const publishCampaign = async (life: Life, system: System, campaign: FakeCampaign): Promise<void> => {
  const { id, revision, status } = campaign;
  await call(life, () => {
    append(system.campaigns, 0, [{ id, revision, status }]);
    note(system.world, () => `log has campaign ${id} revision ${revision} ${status}`);
    if (revision < system.database.campaigns.get(campaign.number)!.revision) return;
    const before = system.stoppedAt.get(id) ?? Infinity;
    system.stoppedAt.set(id, status === 'SENDING' ? Infinity : Math.min(before, system.world.now));
  });
  await query(life, system.database, () => {
    const row = system.database.campaigns.get(campaign.number)!;
    row.acknowledged = Math.max(row.acknowledged, revision);
  });
};

const sum = (database: FakeDatabase, campaign: number, states: readonly RecipientState[]): number => {
  let total = 0;
  for (const [key, { states: counted }] of database.campaignLanes) {
    if (key.startsWith(`${campaign}:`)) for (const state of states) total += counted.get(state) ?? 0;
  }
  return total;
};

const finish = ({ database, policy }: System, campaign: number): void => {
  const lanes = [...database.campaignLanes].filter(([key]) => key.startsWith(`${campaign}:`)).map(([, lane]) => lane);
  const newest = Math.max(...lanes.map(({ unknownAt }) => unknownAt));
  const standing = {
    pending: sum(database, campaign, ['PENDING']),
    inFlight: sum(database, campaign, ['IN_FLIGHT']),
    deferred: sum(database, campaign, ['DEFERRED']),
    due: [...database.rows.values()].filter((row) => row.campaign === campaign && row.facts.dueAt !== null).length,
    unknownAt: newest === -Infinity ? null : newest,
  };
  const isSending = database.campaigns.get(campaign)!.status === 'SENDING';
  if (isSending && isFinished(standing, database.world.now, policy.unknownGraceMs))
    control(database, campaign, 'FINISHED');
};

/** Publishes revisions until the log has them, again when a late record has come behind the newest one, and ends campaigns. */
const tendCampaigns = async (life: Life, system: System, check: LogCheck): Promise<void> => {
  const { database } = system;
  for (;;) {
    await sleep(life, system.world.random.between(20, 60));
    for (const { number, id } of database.campaigns.values()) {
      try {
        // In this order: a revision that another scheduler publishes in between is in the row.
        const last = await call(life, () => lastRevision(system.campaigns, id));
        const campaign = await query(life, database, () => ({ ...database.campaigns.get(number)! }));
        if (last > campaign.revision) check.campaignsAhead([campaign.id]);
        if (!check.mayTend()) continue;
        if (campaign.acknowledged < campaign.revision || last < campaign.revision)
          await publishCampaign(life, system, campaign);
        else if (campaign.status === 'SENDING') await query(life, database, () => finish(system, number));
      } catch {
        // Looked at again in the next turn.
      }
    }
  }
};

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

const checkLog = (life: Life, system: System): LogCheck =>
  createLogCheck({
    eventLog: createLaneReader(life, system),
    standing: (lanes) => query(life, system.database, () => standingOf(system.database, lanes)),
    refused: () => undefined,
    log: { ...quiet, error: (facts) => note(system.world, () => `${life.name} refuses ${JSON.stringify(facts)}`) },
    now: () => system.world.now,
  });

const careless: LogCheck = {
  name: 'no check',
  mayPublish: () => Promise.resolve(true),
  beforeRecording: () => Promise.resolve(),
  mayTend: () => true,
  campaignsAhead: () => undefined,
};

export const startScheduler = (life: Life, system: System): FakeConsumer => {
  const check = system.plant.isCareless === true ? careless : checkLog(life, system);
  later(life, 0, () => {
    publishLanes(life, system, check);
    void tendCampaigns(life, system, check);
  });
  return recordOutcomes(life, system, check);
};
