/** One seed: builds the system, lets it run through its faults until it comes to rest, and judges it. */
import type { DeliveryEvent } from '@sendpool/contracts';
import { control, createDatabase, type FakeCampaign } from './fake-database.ts';
import { createGroup, createTopic } from './fake-log.ts';
import type { SmtpRates } from './fake-smtp.ts';
import { isFinal, judge } from './judge.ts';
import { lastOf, makePlan, type Control, type Plan, type Profile } from './plan.ts';
import type { Plant } from './plants.ts';
import { startAll } from './processes.ts';
import { strike } from './strike.ts';
import { policyWith, sizes, type CampaignView, type System } from './system.ts';
import { at, createWorld, runWorld, type Network, type World } from './world.ts';

export type SimulationOptions = {
  readonly seed: number;
  readonly profile?: Profile;
  readonly plan?: Plan;
  readonly plant?: Plant;
  readonly isTraced?: boolean;
  readonly rates?: Partial<SmtpRates>;
  readonly network?: Partial<Network>;
};

export type SimulationResult = {
  readonly violations: ReadonlyMap<string, string>;
  readonly trace: readonly string[];
  readonly plan: Plan;
  readonly system: System;
  /** Simulated milliseconds and events. */
  readonly now: number;
  readonly events: number;
};

const horizonMs = 30_000;
const usualRates: SmtpRates = { refused: 0.1, deferred: 0.18, bounced: 0.08, lostReply: 0.01, slow: 0.05, slowMs: 900 };
const usualNetwork: Network = { lost: 0.02, late: 0.02, latestMs: sizes.latestMs, timeoutMs: sizes.requestMs };

const newCampaign = (number: number, unknownPolicy: 'HOLD' | 'RESEND'): FakeCampaign => ({
  number,
  id: `c${number}`,
  poolId: 'pool',
  unknownPolicy,
  status: 'SENDING',
  revision: 1,
  acknowledged: 0,
});

/** Who stops waits only so long for a reply: longer ones would be doubts without a fault. */
const ratesOf = ({ faults }: Plan): Partial<SmtpRates> =>
  faults.some(({ kind }) => kind === 'STOP') ? { slow: 0 } : {};

const buildSystem = (world: World, options: SimulationOptions, plan: Plan): System => {
  const group = { partitions: sizes.lanes, sessionMs: sizes.sessionMs, rebalanceMs: sizes.rebalanceMs };
  return {
    world,
    database: createDatabase(world, {
      lanes: sizes.lanes,
      recipients: sizes.recipients,
      campaigns: [newCampaign(1, 'HOLD'), newCampaign(2, 'RESEND')],
      leaseMs: sizes.leaseMs,
      window: sizes.campaignWindow,
    }),
    stats: { lanes: new Map(), deltas: [] },
    requests: createTopic<string>(world, 'send-requests', sizes.lanes),
    events: createTopic<DeliveryEvent>(world, 'delivery-events', sizes.lanes),
    campaigns: createTopic<CampaignView>(world, 'campaigns', 1),
    groups: {
      sender: createGroup(world, group),
      scheduler: createGroup(world, group),
      stats: createGroup(world, group),
    },
    smtp: {
      world,
      rates: { ...usualRates, ...ratesOf(plan), ...options.rates },
      copies: new Map(),
      unanswered: new Set(),
    },
    plant: options.plant ?? {},
    policy: policyWith(plan.graceMs),
    noServerUntil: 0,
    losesBatch: false,
    isDown: false,
    backup: undefined,
    hasLostEvents: false,
    stoppedAt: new Map(),
    conversations: new Map(),
  };
};

const isRead = ({ events, database, stats }: System): boolean =>
  events.partitions.every(
    (records, lane) =>
      (database.positions.get(lane) ?? 0) >= records.length && (stats.lanes.get(lane)?.next ?? 0) >= records.length,
  );

/** Nobody reaches the API while the schedulers are down; the last command is given again then. */
const steer = (system: System, { campaign, status }: Control): void => {
  if (!system.isDown) control(system.database, campaign, status);
};

const isOver = (system: System): boolean =>
  !system.isDown &&
  [...system.database.campaigns.values()].every(({ status }) => status === 'FINISHED' || status === 'CANCELLED') &&
  [...system.database.rows.values()].every((row) => isFinal(system, row)) &&
  isRead(system);

/** At rest: over, and nothing has changed for a time in which everything late would have come. */
const createRest = (system: System, notBefore: number): (() => boolean) => {
  let since = Infinity;
  let seen = -1;
  const restMs = 1000;
  return () => {
    const { now } = system.world;
    if (now < notBefore || !isOver(system)) {
      since = Infinity;
      return false;
    }
    const count = system.events.partitions.flat().length;
    if (count !== seen || since === Infinity) since = now;
    seen = count;
    return now - since >= restMs;
  };
};

export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const { seed, profile = 'BASE' } = options;
  const calm = profile === 'CALM' ? { lost: 0, late: 0 } : {};
  const world = createWorld(seed, { ...usualNetwork, ...calm, ...options.network }, options.isTraced === true);
  const plan = options.plan ?? makePlan(seed, profile);
  const system = buildSystem(world, options, plan);
  const last = lastOf(plan);
  world.calmFrom = last + 500;
  const processes = startAll(system);
  for (const fault of plan.faults) at(world, fault.at, () => strike(system, { processes, plan }, fault));
  for (const order of plan.controls) at(world, order.at, () => steer(system, order));
  const cameToRest = await runWorld(world, horizonMs, createRest(system, last + 500 + sizes.latestMs));
  const hasFaults = profile !== 'CALM';
  judge(system, { cameToRest, hasFaults });
  return { violations: world.violations, trace: world.trace ?? [], plan, system, now: world.now, events: world.events };
};
