/** A sender of the simulation: the product's lane keeper, with a plain dispatcher and conversations around it. */
import type { DeliveryEvent } from '@sendpool/contracts';
import { createLaneKeeper, type LaneKeeperDeps, type LedgerEpoch } from '../../apps/sender/src/domain/lane-keeper.ts';
import { readRequest } from '../../apps/sender/src/domain/read-request.ts';
import { deliver } from './conversation.ts';
import { runConsumer, type FakeConsumer, type FakeEpoch } from './fake-consumer.ts';
import { append, fetch } from './fake-log.ts';
import { publicationOf } from './fake-smtp.ts';
import { checkDoubt, watchedEpoch, type Sender } from './sender-watch.ts';
import { sizes, type CampaignView, type System } from './system.ts';
import { ask, call, later, note, sleep, type Life } from './world.ts';

const encoder = new TextEncoder();

const original = (sender: Sender, event: DeliveryEvent): DeliveryEvent => {
  if (event.type !== 'OUTCOME') return event;
  const sequence = sender.renumbered.get(publicationOf(event)) ?? event.sequence;
  return sequence === event.sequence ? event : { ...event, sequence };
};

const createPublish = (sender: Sender): LaneKeeperDeps['publishEvents'] => {
  const { life, system } = sender;
  return async (events) => {
    for (const event of events) checkDoubt(sender, event);
    await call(life, () => {
      for (const event of events) {
        const kept = original(sender, event);
        note(system.world, () => `${life.name} ${describe(kept)}`);
        append(system.events, kept.lane, [kept]);
      }
    });
  };
};

const describe = (event: DeliveryEvent): string => {
  if (event.type === 'GAP') return `GAP ${event.lane}:${event.from}-${event.to}`;
  if (event.type === 'LOST') return `LOST ${event.lane}:${event.upTo}`;
  return `${event.outcome} ${publicationOf(event)} r${event.campaignId.slice(1)}:${event.recipient} ${event.reason ?? ''}`;
};

/** Reads the compacted topic: the last record of each campaign first, then whatever comes. */
const followCampaigns = async (sender: Sender): Promise<void> => {
  const { life, system, view } = sender;
  const learn = (record: CampaignView): void => {
    if (record.revision <= (view.get(record.id)?.revision ?? 0)) return;
    view.set(record.id, record);
    sender.keeper.campaignChanged(record.id);
  };
  let offset = -1;
  for (;;) {
    try {
      if (offset < 0) {
        const log = await call(life, () => [...system.campaigns.partitions[0]!]);
        for (const record of new Map(log.map((one) => [one.id, one])).values()) learn(record);
        offset = log.length;
      }
      const from = { partition: 0, offset, max: 10, waitMs: 200 };
      const records = await ask<CampaignView[]>(life, (answer) => fetch(system.campaigns, from, answer), 500);
      records.forEach(learn);
      offset += records.length;
    } catch {
      await sleep(life, 10);
    }
  }
};

const tailOf = (system: System, lane: number): { end: number; lastSequence: number | undefined } => {
  const records = system.requests.partitions[lane]!;
  const sequences = records.map((value) => (JSON.parse(value) as { sequence: number }).sequence);
  return { end: records.length, lastSequence: sequences.length === 0 ? undefined : Math.max(...sequences) };
};

const retried = async <T>(life: Life, serve: () => T): Promise<T> => {
  for (;;) {
    try {
      return await call(life, serve);
    } catch {
      await sleep(life, 10);
    }
  }
};

const keeperDeps = (sender: Sender): LaneKeeperDeps => {
  const { life, system } = sender;
  const publish = createPublish(sender);
  return {
    publishEvents: system.plant.publishEvents?.(publish, life) ?? publish,
    campaignRevision: (id) => sender.view.get(id)?.revision,
    onReady: (message) => void deliver(sender, message),
    onWithdrawn: () => undefined,
    onAlarm: ({ code, lane, detail }) => note(system.world, () => `${life.name} ${code} lane ${lane}: ${detail}`),
    readTail: (lane) => retried(life, () => tailOf(system, lane)),
    readRecord: (lane, offset) =>
      retried(life, () => readRequest(offset, encoder.encode(system.requests.partitions[lane]![offset]))),
    clock: { now: () => system.world.now, monotonic: () => system.world.now },
    sleep: (ms) => sleep(life, ms),
    limits: {
      started: sizes.started,
      window: sizes.window,
      offered: sizes.offered,
      groupMs: 3,
      outcomeGroupMs: 3,
      busyAfterMs: sizes.busyAfterMs,
      busyCheckMs: 100,
      drainMs: sizes.drainMs,
    },
  };
};

const consume = (sender: Sender): FakeConsumer => {
  const { life, system, keeper } = sender;
  const epochs = new Map<FakeEpoch, LedgerEpoch>();
  const { plant } = system;
  return runConsumer<string>(life, {
    group: system.groups.sender,
    topic: system.requests,
    maxBatch: 4,
    onAssigned: (epoch) => {
      sender.members.set(epoch.generation, epoch.memberId);
      const watched = watchedEpoch(sender, epoch);
      const given = plant.epoch?.(watched, { life, group: system.groups.sender }) ?? watched;
      epochs.set(epoch, given);
      return keeper.assigned(given);
    },
    onBatch: ({ partition, offset, values }, epoch) => {
      const records = values.map((value, index) => readRequest(offset + index, encoder.encode(value)));
      const taken = plant.received?.(records, partition, sender.renumbered) ?? records;
      return keeper.received(epochs.get(epoch)!, partition, taken);
    },
    onRevoked: async (epoch, reason) => {
      const given = epochs.get(epoch);
      if (given !== undefined) await keeper.revoked(given, reason);
    },
  });
};

export const startSender = (life: Life, system: System): FakeConsumer => {
  const sender = {
    life,
    system,
    view: new Map(),
    running: new Set(),
    finished: new Set(),
    renumbered: new Map(),
    members: new Map(),
  } as unknown as Sender;
  sender.keeper = createLaneKeeper(keeperDeps(sender));
  later(life, 0, () => void followCampaigns(sender));
  return consume(sender);
};
