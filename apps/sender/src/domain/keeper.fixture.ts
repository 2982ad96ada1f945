/** A keeper with a world around it that specs hold in their hands: epochs whose commits they answer, and a clock that they turn. */
import type { DeliveryEvent, SendRequest } from '@sendpool/contracts';
import {
  createLaneKeeper,
  type LaneKeeper,
  type LaneKeeperDeps,
  type LaneKeeperLimits,
  type LedgerEpoch,
  type ReadyMessage,
  type Report,
  type StoredRequest,
} from './lane-keeper.ts';
import { decodeLedger, type Ledger } from './ledger.ts';

export const requestRecord = (sequence: number, patch: Partial<SendRequest> = {}): SendRequest => ({
  type: 'SEND',
  lane: 0,
  sequence,
  campaignId: 'c1',
  campaignRevision: 1,
  recipient: sequence,
  email: 'ann@gmail.com',
  fields: '{}',
  tryNumber: 1,
  serverHint: null,
  ...patch,
});

/** Records of sequences `from` to `to`, at offsets of the same numbers. */
export const stored = (from: number, to: number): StoredRequest[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ offset: from + index, request: requestRecord(from + index) }));

export const report = (outcome: Report['outcome'] = 'ACCEPTED'): Report => ({
  outcome,
  poolId: 'pool',
  serverId: 'server',
  provider: 'gmail',
  reply: null,
  bounceClass: null,
  reason: null,
  hops: [],
  latencyMs: 5,
});

/** The group's stored positions; they outlive epochs and processes. */
export type Positions = Map<number, { offset: number; metadata: string }>;

export type TestEpoch = LedgerEpoch & {
  /** What a commit does: taken and answered, taken without an answer, or neither. */
  answers: 'YES' | 'TAKEN' | 'LOST';
  isOver: boolean;
  /** Commits are answered when it is open. */
  gate: Promise<void>;
  readonly paused: Set<number>;
};

export const openTestEpoch = (generation: number, positions: Positions, lanes: readonly number[] = [0]): TestEpoch => {
  const epoch: TestEpoch = {
    generation,
    partitions: lanes,
    answers: 'YES',
    isOver: false,
    gate: Promise.resolve(),
    paused: new Set(),
    isAlive: () => !epoch.isOver,
    committed: async (lane) => positions.get(lane),
    commit: async (commits) => {
      if (epoch.answers !== 'LOST') {
        for (const { partition, offset, metadata } of commits) positions.set(partition, { offset, metadata });
      }
      await epoch.gate;
      if (epoch.answers === 'YES') return;
      epoch.isOver = true;
      throw new Error('no answer');
    },
    pause: (lane) => epoch.paused.add(lane),
    resume: (lane) => epoch.paused.delete(lane),
  };
  return epoch;
};

export type Harness = {
  readonly keeper: LaneKeeper;
  readonly events: DeliveryEvent[];
  readonly ready: ReadyMessage[];
  readonly withdrawn: ReadyMessage[];
  readonly alarms: string[];
  /** What the log holds. */
  readonly log: Map<number, StoredRequest>;
  readonly revisions: Map<string, number>;
  canPublish: boolean;
  /** Turns the clock, in steps of one group. */
  run(ms?: number): Promise<void>;
};

const limits: LaneKeeperLimits = {
  started: 3,
  window: 16,
  offered: 8,
  groupMs: 5,
  outcomeGroupMs: 5,
  busyAfterMs: 60_000,
  busyCheckMs: 5000,
  drainMs: 4000,
};

type Clock = { now: number; sleeping: { until: number; wake: () => void }[] };

/** Every promise that can go on goes on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const turn = async (clock: Clock): Promise<void> => {
  await settle();
  clock.now += limits.groupMs;
  const due = clock.sleeping.filter(({ until }) => until <= clock.now);
  clock.sleeping = clock.sleeping.filter(({ until }) => until > clock.now);
  for (const { wake } of due) wake();
  await settle();
};

const depsOf = (harness: Omit<Harness, 'keeper' | 'run'>, clock: Clock): LaneKeeperDeps => ({
  publishEvents: async (events) => {
    if (!harness.canPublish) throw new Error('the log is away');
    harness.events.push(...events);
  },
  campaignRevision: (id) => harness.revisions.get(id),
  onReady: (message) => harness.ready.push(message),
  onWithdrawn: (messages) => harness.withdrawn.push(...messages),
  onAlarm: ({ code }) => harness.alarms.push(code),
  readTail: async () => {
    const records = [...harness.log.values()];
    const last = records.at(-1);
    return { end: last === undefined ? 0 : last.offset + 1, lastSequence: last?.request?.sequence };
  },
  readRecord: async (_lane, offset) => harness.log.get(offset),
  clock: { now: () => clock.now, monotonic: () => clock.now },
  sleep: (ms) => new Promise((wake) => clock.sleeping.push({ until: clock.now + ms, wake })),
  limits,
});

export const createHarness = (): Harness => {
  const clock: Clock = { now: 0, sleeping: [] };
  const world = {
    events: [],
    ready: [],
    withdrawn: [],
    alarms: [],
    log: new Map(),
    revisions: new Map([['c1', 1]]),
    canPublish: true,
  };
  const harness: Harness = Object.assign(world, {
    keeper: undefined as unknown as LaneKeeper,
    run: async (ms = 100) => {
      for (let passed = 0; passed < ms; passed += limits.groupMs) await turn(clock);
    },
  });
  return Object.assign(harness, { keeper: createLaneKeeper(depsOf(harness, clock)) });
};

/** A new process in a new epoch that has read the records. */
export const openHarness = async (
  positions: Positions,
  records: readonly StoredRequest[],
  generation = 1,
): Promise<{ harness: Harness; epoch: TestEpoch; positions: Positions }> => {
  const harness = createHarness();
  for (const record of records) harness.log.set(record.offset, record);
  const epoch = await assign(harness, positions, generation);
  return { harness, epoch, positions };
};

/** The next epoch of the same process: reads again from where the ledger says. */
export const assign = async (harness: Harness, positions: Positions, generation: number): Promise<TestEpoch> => {
  const epoch = openTestEpoch(generation, positions);
  const from = (await harness.keeper.assigned(epoch)).get(0)!;
  const records = [...harness.log.values()].filter(({ offset }) => offset >= from);
  await harness.keeper.received(epoch, 0, records);
  await harness.run();
  return epoch;
};

/** What lies at the group now. */
export const ledgerOf = (positions: Positions): Ledger & { base: number } => {
  const { offset, metadata } = positions.get(0)!;
  return { ...decodeLedger(metadata)!, base: offset };
};

/** An opened, empty lane. */
export const emptyPositions = (): Positions => new Map([[0, { offset: 0, metadata: 'S1:0::0::' }]]);

export const outcomesOf = ({ events }: Harness): string[] =>
  events.map((event) => {
    if (event.type === 'OUTCOME')
      return `${event.outcome} ${event.sequence}${event.reason === null ? '' : ` ${event.reason}`}`;
    return event.type === 'GAP' ? `GAP ${event.from}-${event.to}` : `LOST ${event.upTo}`;
  });
