/** Keeps the ledgers of the lanes that this process owns: what has been started, given back and done, before the world sees it. */
import { AppError } from '@sendpool/kernel';
import { laneLimits } from '@sendpool/contracts';
import { runCommits } from './commit-loop.ts';
import { giveBackSlot, runRelief } from './give-back.ts';
import {
  beginDrain,
  endEpoch,
  hasEnded,
  openEpoch,
  type EpochState,
  type Keeper,
  type OwnedLane,
  type Slot,
} from './keeper-state.ts';
import { windowOf } from './lane.ts';
import type {
  LaneKeeper,
  LaneKeeperDeps,
  LaneKeeperLimits,
  LaneState,
  LedgerEpoch,
  ReadyMessage,
  RevokeReason,
  StoredRequest,
} from './lane-types.ts';
import { offeredIn } from './offers.ts';
import { openLanes } from './open-lanes.ts';
import { createOutbox } from './outbox.ts';
import { finishSlot } from './settle.ts';
import { pump, requeueWaiting, takeIn } from './take-in.ts';

export type {
  LaneKeeper,
  LaneKeeperDeps,
  LaneKeeperLimits,
  LedgerEpoch,
  ReadyMessage,
  Report,
  StoredRequest,
} from './lane-types.ts';

export const defaultLaneKeeperLimits: LaneKeeperLimits = {
  started: laneLimits.started,
  window: laneLimits.window,
  offered: 4 * laneLimits.started,
  groupMs: 8,
  outcomeGroupMs: 25,
  busyAfterMs: 60_000,
  busyCheckMs: 5000,
  drainMs: 4000,
};

const assign = async (keeper: Keeper, source: LedgerEpoch): Promise<Map<number, number>> => {
  if (keeper.current !== undefined) endEpoch(keeper, keeper.current);
  const epoch = openEpoch(source);
  keeper.current = epoch;
  const positions = await openLanes(keeper, epoch).catch((error: unknown) => {
    endEpoch(keeper, epoch);
    throw error;
  });
  void runCommits(keeper, epoch);
  void runRelief(keeper, epoch);
  return positions;
};

const ownedBy = (keeper: Keeper, source: LedgerEpoch, lane: number): OwnedLane => {
  const epoch = keeper.current;
  const owned = epoch?.source === source && !hasEnded(epoch) ? epoch.lanes.get(lane) : undefined;
  if (owned === undefined) throw new AppError('EPOCH_ENDED', `lane ${lane} does not belong to this epoch any more`);
  return owned;
};

const receive = async (keeper: Keeper, owned: OwnedLane, records: readonly StoredRequest[]): Promise<void> => {
  if (owned.epoch.phase !== 'OPEN') return; // the next owner reads them again
  owned.backlog.push(...records);
  await takeIn(keeper, owned);
  if (hasEnded(owned.epoch)) throw new AppError('EPOCH_ENDED', 'the epoch ended while records were taken in');
};

const isQuiet = (epoch: EpochState): boolean =>
  epoch.busy === 0 && !epoch.isCommitting && ![...epoch.lanes.values()].some(({ lane }) => lane.isDirty);

const drain = async (keeper: Keeper, epoch: EpochState): Promise<void> => {
  const { clock, limits, sleep } = keeper.deps;
  const deadline = clock.monotonic() + limits.drainMs;
  beginDrain(keeper, epoch);
  epoch.wake();
  while (!hasEnded(epoch) && !isQuiet(epoch) && epoch.source.isAlive() && clock.monotonic() < deadline) {
    await sleep(limits.groupMs);
  }
};

const revoke = async (keeper: Keeper, source: LedgerEpoch, reason: RevokeReason): Promise<void> => {
  const epoch = keeper.current;
  if (epoch?.source !== source) return;
  if (reason !== 'LOST') await drain(keeper, epoch);
  endEpoch(keeper, epoch);
};

/** The keeper's own object behind a message; undefined when its epoch has offered it and may not start it any more. */
const offeredSlot = (message: ReadyMessage): Slot | undefined => {
  const slot = message as Slot;
  return slot.phase === 'OFFERED' && slot.home.owned.epoch.phase === 'OPEN' ? slot : undefined;
};

const start = (message: ReadyMessage): Promise<boolean> => {
  const slot = offeredSlot(message);
  if (slot === undefined) return Promise.resolve(false);
  slot.phase = 'STARTING';
  const { owned } = slot.home;
  return new Promise((resolve) => {
    owned.starts.push({ slot, resolve });
    owned.epoch.wake();
  });
};

const canStart = (keeper: Keeper, message: ReadyMessage): boolean => {
  const { owned } = (message as Slot).home;
  return owned.lane.started + owned.starts.length < keeper.deps.limits.started;
};

const isAlive = (message: ReadyMessage): boolean => {
  const { epoch } = (message as Slot).home.owned;
  return !hasEnded(epoch) && epoch.source.isAlive();
};

const hasUnreported = ({ live }: Keeper): boolean =>
  live.values().some((slots) => slots.values().some(({ phase }) => phase !== 'SETTLED'));

const stateOf = (owned: OwnedLane): LaneState => ({
  lane: owned.lane.lane,
  base: owned.lane.base,
  trimBefore: owned.trimBefore,
  window: windowOf(owned.lane),
  started: owned.lane.started,
  offered: offeredIn(owned).length,
  waiting: [...owned.waiting.values()].reduce((sum, slots) => sum + slots.length, 0),
});

export const createLaneKeeper = (deps: LaneKeeperDeps): LaneKeeper => {
  const keeper: Keeper = {
    deps,
    outbox: createOutbox(deps),
    live: new Map(),
    unanswered: new Map(),
    current: undefined,
  };
  return {
    assigned: (epoch) => assign(keeper, epoch),
    received: async (epoch, lane, records) => receive(keeper, ownedBy(keeper, epoch, lane), records),
    revoked: (epoch, reason) => revoke(keeper, epoch, reason),
    start,
    canStart: (message) => canStart(keeper, message),
    isAlive,
    finish: (message, report) => finishSlot(keeper, message as Slot, report),
    giveBack: (message, end) => {
      const slot = offeredSlot(message);
      if (slot === undefined) return;
      giveBackSlot(slot, end);
      pump(keeper, slot.home.owned);
    },
    campaignChanged: (campaignId) => {
      for (const owned of keeper.current?.lanes.values() ?? []) requeueWaiting(keeper, owned, campaignId);
    },
    hasUnreported: () => hasUnreported(keeper),
    state: () => [...(keeper.current?.lanes.values() ?? [])].map(stateOf),
  };
};
