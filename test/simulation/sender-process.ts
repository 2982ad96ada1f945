/** A sender of the simulation: the product's lane keeper, with a plain dispatcher and conversations around it. */
import type { DeliveryEvent, Outcome } from '@sendpool/contracts';
import {
  createLaneKeeper,
  type LaneKeeper,
  type LaneKeeperDeps,
  type LedgerEpoch,
  type ReadyMessage,
  type Report,
} from '../../apps/sender/src/domain/lane-keeper.ts';
import { decodeLedger, recordState } from '../../apps/sender/src/domain/ledger.ts';
import { readRequest } from '../../apps/sender/src/domain/read-request.ts';
import { runConsumer, type FakeConsumer, type FakeEpoch } from './fake-consumer.ts';
import { append, fetch, ownerOf } from './fake-log.ts';
import { publicationOf, speak } from './fake-smtp.ts';
import { longGraceMs, sizes, type CampaignView, type System } from './system.ts';
import { ask, call, later, note, sleep, violate, type Life } from './world.ts';

type Sender = {
  readonly life: Life;
  readonly system: System;
  readonly view: Map<string, CampaignView>;
  /** Publications whose conversation runs in this process. */
  readonly running: Set<string>;
  /** … and those that it has finished. */
  readonly finished: Set<string>;
  /** For the plant that renumbers: what the sequence really is. */
  readonly renumbered: Map<string, number>;
  /** Who this process was in each generation. */
  readonly members: Map<number, string>;
  keeper: LaneKeeper;
};

const encoder = new TextEncoder();
const keyOf = ({ request }: ReadyMessage): string => `${request.campaignId.slice(1)}:${request.recipient}`;

const original = (sender: Sender, event: DeliveryEvent): DeliveryEvent => {
  if (event.type !== 'OUTCOME') return event;
  const sequence = sender.renumbered.get(publicationOf(event)) ?? event.sequence;
  return sequence === event.sequence ? event : { ...event, sequence };
};

/** A process never doubts what it is doing itself, or has done. */
const checkDoubt = ({ system, running, finished }: Sender, event: DeliveryEvent): void => {
  if (event.type !== 'OUTCOME' || event.reason !== 'SENDER_LOST') return;
  const publication = publicationOf(event);
  if (running.has(publication)) violate(system.world, 'unknown-while-running', publication);
  if (finished.has(publication)) violate(system.world, 'unknown-though-finished', publication);
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

const blank = {
  poolId: 'pool',
  provider: 'other',
  reply: null,
  bounceClass: null,
  reason: null,
  hops: [],
  latencyMs: null,
};

const replyReport = (outcome: Outcome): Report => ({
  ...blank,
  outcome,
  serverId: 'server',
  latencyMs: 1,
  bounceClass: outcome === 'BOUNCED' ? 'HARD' : null,
});

const untried = (outcome: 'RELEASED' | 'CANCELLED', reason: string): Report => ({
  ...blank,
  outcome,
  reason,
  serverId: null,
});

/** Why the message must not be sent now. */
const objection = (
  sender: Sender,
  { request }: ReadyMessage,
): { outcome: 'RELEASED' | 'CANCELLED'; reason: string } | undefined => {
  const status = sender.view.get(request.campaignId)?.status;
  if (status === 'CANCELLED') return { outcome: 'CANCELLED', reason: 'CANCELLED' };
  if (status !== 'SENDING') return { outcome: 'RELEASED', reason: 'PAUSED' };
  if (sender.system.world.now < sender.system.noServerUntil) return { outcome: 'RELEASED', reason: 'NO_SERVER' };
  return undefined;
};

const checkStart = (sender: Sender, { request, generation }: ReadyMessage): void => {
  const { life, system, view } = sender;
  const revision = view.get(request.campaignId)?.revision ?? 0;
  if (revision < request.campaignRevision) {
    violate(
      system.world,
      'sent-with-old-view',
      `${publicationOf(request)} needs revision ${request.campaignRevision}, has ${revision}`,
    );
  }
  if (ownerOf(system.groups.sender, request.lane) !== sender.members.get(generation))
    violate(system.world, 'started-in-old-epoch', publicationOf(request));
  const stopped = system.stoppedAt.get(request.campaignId) ?? Infinity;
  const recently = system.world.now - 1500;
  if (stopped < recently && life.lastFault < recently) violate(system.world, 'sent-after-stop', publicationOf(request));
};

const converse = async (sender: Sender, message: ReadyMessage): Promise<Report> => {
  for (let hop = 0; hop < 3; hop++) {
    if (!sender.keeper.isAlive(message)) return untried('RELEASED', 'LANE_LOST');
    const spoken = await speak(sender.system.smtp, sender.life, { request: message.request, key: keyOf(message) });
    if (spoken.kind === 'REPLY') return replyReport(spoken.outcome);
    if (spoken.kind === 'NO_REPLY') return { ...replyReport('UNKNOWN'), latencyMs: null, reason: 'NO_REPLY' };
  }
  return untried('RELEASED', 'NO_SERVER');
};

/** Notes that the conversation runs: no other one with the same recipient may, as long as the grace is longer than both. */
const alone = async (sender: Sender, message: ReadyMessage, talk: () => Promise<Report>): Promise<Report> => {
  const { life, system, running } = sender;
  const publication = publicationOf(message.request);
  const key = keyOf(message);
  const others = system.conversations.get(key) ?? new Set();
  const isDouble = [...others].some((other) => other.isAlive);
  if (isDouble && system.policy.unknownGraceMs >= longGraceMs)
    violate(system.world, 'two-conversations', `r${key} ${publication}`);
  system.conversations.set(key, others.add(life));
  running.add(publication);
  const report = await talk();
  running.delete(publication);
  sender.finished.add(publication);
  others.delete(life);
  return report;
};

const deliver = async (sender: Sender, message: ReadyMessage): Promise<void> => {
  await sleep(sender.life, sender.system.world.random.between(0, 10));
  const reason = objection(sender, message);
  if (reason !== undefined) return sender.keeper.giveBack(message, reason.outcome, reason.reason);
  if (!(await sender.keeper.start(message))) return undefined;
  checkStart(sender, message);
  const report = await alone(sender, message, () => converse(sender, message));
  return sender.keeper.finish(message, report);
};

const startedIn = (metadata: string): number => {
  const ledger = decodeLedger(metadata);
  if (ledger === undefined) return 0;
  return ledger.carried.length + ledger.states.filter((state) => state === recordState.STARTED).length;
};

/** The epoch as the keeper gets it: what it inherits is looked at first. */
const watchedEpoch = (sender: Sender, epoch: FakeEpoch): LedgerEpoch => ({
  ...epoch,
  committed: async (lane) => {
    const position = await epoch.committed(lane);
    const started = startedIn(position?.metadata ?? '');
    if (started > sizes.started) violate(sender.system.world, 'more-than-W', `lane ${lane} has ${started} started`);
    return position;
  },
});

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
