/** The scheduler's database in the simulation. Each function is one transaction and takes place in one go. */
import type { CampaignStatus, RecipientState, UnknownPolicy } from '@sendpool/contracts';
import type { Intent } from '../../apps/scheduler/src/domain/lane-store.ts';
import type { PoolPause } from '../../apps/scheduler/src/domain/pool-pause.ts';
import {
  noFacts,
  withFacts,
  type RecipientChange,
  type RecipientRow,
} from '../../apps/scheduler/src/domain/recipient.ts';
import type { Loaded, RecordBatch, RecordChanges } from '../../apps/scheduler/src/domain/record-store.ts';
import { countChanges, type CounterDelta } from '../../apps/scheduler/src/domain/counters.ts';
import { call, note, violate, type Life, type World } from './world.ts';

export type FakeCampaign = {
  readonly number: number;
  readonly id: string;
  readonly poolId: string;
  readonly unknownPolicy: UnknownPolicy;
  status: CampaignStatus;
  revision: number;
  acknowledged: number;
};

type LaneRow = {
  owner: string | undefined;
  epoch: number;
  until: number;
  lastSequence: number;
  intent: Intent | undefined;
};

/** What a campaign has in one lane. */
type CampaignLane = {
  readonly states: Map<RecipientState, number>;
  nextNumber: number;
  readonly window: number;
  unknownAt: number;
};

/** What a backup holds. */
export type Tables = {
  readonly lanes: LaneRow[];
  readonly campaigns: Map<number, FakeCampaign>;
  readonly rows: Map<string, RecipientRow>;
  readonly campaignLanes: Map<string, CampaignLane>;
  readonly pauses: Map<string, PoolPause>;
  /** Positions in delivery-events. */
  readonly positions: Map<number, number>;
};

export type FakeDatabase = Tables & {
  readonly world: World;
  readonly leaseMs: number;
  /** Grows when it is restored: requests to the server before it are not carried out any more. */
  incarnation: number;
};

/** A request of a process to the database. */
export const query = <T>(life: Life, database: FakeDatabase, serve: () => T | Promise<T>): Promise<T> => {
  const { incarnation } = database;
  return call(life, () => {
    if (database.incarnation !== incarnation) throw new Error('the server is gone');
    return serve();
  });
};

export const rowKey = (campaign: number, number: number): string => `${campaign}:${number}`;

export type Setup = {
  readonly lanes: number;
  readonly recipients: number;
  readonly campaigns: readonly FakeCampaign[];
  readonly leaseMs: number;
  readonly window: number;
};

const startingStates = (): Map<RecipientState, number> => new Map<RecipientState, number>([['PENDING', 0]]);

export const laneOf = (database: FakeDatabase, campaign: number, lane: number, window: number): CampaignLane => {
  const key = `${campaign}:${lane}`;
  const found = database.campaignLanes.get(key);
  if (found !== undefined) return found;
  const made = { states: startingStates(), nextNumber: 0, window, unknownAt: -Infinity };
  database.campaignLanes.set(key, made);
  return made;
};

/** Recipients go round the campaigns, and in pairs round the lanes. */
export const createDatabase = (world: World, setup: Setup): FakeDatabase => {
  const database: FakeDatabase = {
    world,
    leaseMs: setup.leaseMs,
    incarnation: 0,
    lanes: Array.from({ length: setup.lanes }, () => ({
      owner: undefined,
      epoch: 0,
      until: 0,
      lastSequence: -1,
      intent: undefined,
    })),
    campaigns: new Map(setup.campaigns.map((campaign) => [campaign.number, campaign])),
    rows: new Map(),
    campaignLanes: new Map(),
    pauses: new Map(),
    positions: new Map(),
  };
  for (let index = 0; index < setup.recipients; index++) {
    const campaign = setup.campaigns[index % setup.campaigns.length]!.number;
    const number = Math.floor(index / setup.campaigns.length);
    const lane = Math.floor(number / 2) % setup.lanes;
    const row = { campaign, number, lane, state: 'PENDING', sequence: -1, tries: 0, facts: noFacts } as const;
    database.rows.set(rowKey(campaign, number), row);
    const counted = laneOf(database, campaign, lane, setup.window);
    counted.states.set('PENDING', counted.states.get('PENDING')! + 1);
  }
  return database;
};

export const store = (database: FakeDatabase, changes: readonly RecipientChange[]): void => {
  for (const { before, after } of changes) {
    const key = rowKey(after.campaign, after.number);
    if (database.rows.get(key) !== before) violate(database.world, 'lost-update', `r${key}`);
    database.rows.set(key, after);
    note(
      database.world,
      () => `r${key} ${before.state} -> ${after.state} ${after.lane}:${after.sequence} tries ${after.tries}`,
    );
  }
};

export const count = (database: FakeDatabase, deltas: readonly CounterDelta[]): void => {
  for (const { campaign, lane, states, unknownAt } of deltas) {
    const counted = laneOf(database, campaign, lane, 0);
    for (const [state, add] of Object.entries(states) as [RecipientState, number][]) {
      counted.states.set(state, (counted.states.get(state) ?? 0) + add);
    }
    if (unknownAt !== null) counted.unknownAt = Math.max(counted.unknownAt, unknownAt);
  }
};

export const savePauses = (database: FakeDatabase, pools: readonly PoolPause[]): void => {
  for (const pool of pools) {
    if (pool.strikes === 0) database.pauses.delete(pool.poolId);
    else database.pauses.set(pool.poolId, pool);
  }
};

const campaignById = (database: FakeDatabase, id: string): FakeCampaign | undefined =>
  [...database.campaigns.values()].find((campaign) => campaign.id === id);

const load = (database: FakeDatabase, { keys, ranges }: RecordBatch): Loaded => {
  const rows = new Set<RecipientRow>();
  for (const { campaignId, recipient } of keys) {
    const row = database.rows.get(rowKey(campaignById(database, campaignId)?.number ?? -1, recipient));
    if (row !== undefined) rows.add(row);
  }
  for (const { lane, from, to } of ranges) {
    for (const row of database.rows.values()) {
      if (row.lane === lane && row.state === 'IN_FLIGHT' && from <= row.sequence && row.sequence <= to) rows.add(row);
    }
  }
  return {
    rows: [...rows],
    campaigns: [...database.campaigns.values()],
    pauses: [...database.pauses.values()],
    now: database.world.now,
  };
};

export const applyRecord = (
  database: FakeDatabase,
  batch: RecordBatch,
  decide: (loaded: Loaded) => RecordChanges,
): 'APPLIED' | 'MOVED' => {
  if ((database.positions.get(batch.partition) ?? 0) !== batch.expected) return 'MOVED';
  database.positions.set(batch.partition, batch.next);
  const { changes, counters, pools } = decide(load(database, batch));
  store(database, changes);
  count(database, counters);
  savePauses(database, pools);
  return 'APPLIED';
};

const cancelled = (row: RecipientRow): RecipientRow => ({
  ...row,
  state: 'CANCELLED',
  facts: withFacts(row.facts, { dueAt: null }),
});

/** What waits and what is deferred of a cancelled campaign. */
export const sweep = (database: FakeDatabase, number: number): void => {
  const changes = [...database.rows.values()]
    .filter((row) => row.campaign === number && (row.state === 'PENDING' || row.state === 'DEFERRED'))
    .map((before) => ({ before, after: cancelled(before) }));
  store(database, changes);
  count(database, countChanges(changes, database.world.now));
};

/** What a person does to a campaign. */
export const control = (database: FakeDatabase, number: number, status: CampaignStatus): void => {
  const campaign = database.campaigns.get(number)!;
  if (campaign.status === 'CANCELLED' || campaign.status === 'FINISHED') return;
  campaign.status = status;
  campaign.revision++;
  note(database.world, () => `campaign ${number} ${status} revision ${campaign.revision}`);
  if (status === 'CANCELLED') sweep(database, number);
};
