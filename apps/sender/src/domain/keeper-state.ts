/** What the keeper remembers: the lanes of an epoch, the messages in them, and the conversations that outlive an epoch. */
import type { Lane, LaneRecord } from './lane.ts';
import type { CarriedRecord } from './ledger.ts';
import type { GivenBack, LaneKeeperDeps, LedgerEpoch, ReadyMessage, StoredRequest } from './lane-types.ts';
import { offeredIn, type CampaignQueue } from './offers.ts';
import type { Outbox } from './outbox.ts';
import type { UnansweredStarts } from './unanswered.ts';

/** How far this process is with a message. The state of the record beside it is what the ledger says. */
type SlotPhase =
  | 'WAITING' // for a revision of its campaign
  | 'QUEUED'
  | 'OFFERED'
  | 'STARTING' // asked to be started; its bit is not durable yet
  | 'RUNNING'
  | 'REPORTED' // its outcome is on the way to the log
  | 'SETTLED' // its outcome is in the log
  | 'FORGOTTEN';

/** Where a conversation sets its done bit: the epoch that started or adopted it. */
type Home = { readonly owned: OwnedLane; readonly record: CarriedRecord };

export type Slot = LaneRecord &
  ReadyMessage & {
    phase: SlotPhase;
    /** Monotonic milliseconds. */
    readonly receivedAt: number;
    home: Home;
  };

export type PendingStart = { readonly slot: Slot; resolve(isStarted: boolean): void };

export type OwnedLane = {
  readonly epoch: EpochState;
  readonly lane: Lane;
  /** Handed over by the consumer and not taken in. */
  backlog: StoredRequest[];
  /** By campaign. */
  readonly queues: Map<string, CampaignQueue>;
  starts: PendingStart[];
  /** By campaign. */
  readonly waiting: Map<string, Slot[]>;
  /** Inherited doubts and returns whose outcome is not in the log yet: nothing new starts before. */
  unsettled: number;
  isTakingIn: boolean;
  isPaused: boolean;
  /** Records before it are not needed by the ledger that is durable now. */
  trimBefore: number;
};

/** A message whose returned bit is to be committed before its outcome may follow. */
export type Return = { readonly slot: Slot; readonly end: GivenBack };

export type EpochState = {
  readonly source: LedgerEpoch;
  readonly lanes: Map<number, OwnedLane>;
  phase: 'OPEN' | 'DRAINING' | 'ENDED';
  /** Conversations and outcomes that will still set a done bit in this epoch. */
  busy: number;
  isCommitting: boolean;
  returns: Return[];
  /** Conversations whose done bit is in the next commit. */
  done: Slot[];
  /** Wakes the commit loop. */
  wake: () => void;
};

export type Keeper = {
  readonly deps: LaneKeeperDeps;
  readonly outbox: Outbox;
  /** Conversations of this process until their done bit is durable: by lane and sequence. */
  readonly live: Map<number, Map<number, Slot>>;
  /** By lane: the last commit of this process that got no answer. */
  readonly unanswered: Map<number, UnansweredStarts>;
  current: EpochState | undefined;
};

export const openEpoch = (source: LedgerEpoch): EpochState => ({
  source,
  lanes: new Map(),
  phase: 'OPEN',
  busy: 0,
  isCommitting: false,
  returns: [],
  done: [],
  wake: () => undefined,
});

export const ownLane = (epoch: EpochState, lane: Lane): OwnedLane => {
  const owned: OwnedLane = {
    epoch,
    lane,
    backlog: [],
    queues: new Map(),
    starts: [],
    waiting: new Map(),
    unsettled: 0,
    isTakingIn: false,
    isPaused: false,
    trimBefore: 0,
  };
  epoch.lanes.set(lane.lane, owned);
  return owned;
};

export const liveSlot = (keeper: Keeper, lane: number, sequence: number): Slot | undefined =>
  keeper.live.get(lane)?.get(sequence);

export const keepLive = (keeper: Keeper, slot: Slot): void => {
  const lane = keeper.live.get(slot.lane) ?? new Map<number, Slot>();
  keeper.live.set(slot.lane, lane.set(slot.sequence, slot));
};

export const forgetLive = (keeper: Keeper, slot: Slot): void => {
  keeper.live.get(slot.lane)?.delete(slot.sequence);
};

/** Nothing is offered and nothing starts any more in this epoch. */
const withdraw = (keeper: Keeper, epoch: EpochState): void => {
  const withdrawn: Slot[] = [];
  for (const owned of epoch.lanes.values()) {
    for (const slot of offeredIn(owned)) {
      if (slot.phase === 'OFFERED') withdrawn.push(slot);
      slot.phase = 'FORGOTTEN';
    }
    for (const start of owned.starts) start.resolve(false);
    owned.starts = [];
    owned.queues.clear();
    owned.waiting.clear();
  }
  if (withdrawn.length > 0) keeper.deps.onWithdrawn(withdrawn);
};

export const beginDrain = (keeper: Keeper, epoch: EpochState): void => {
  if (epoch.phase !== 'OPEN') return;
  epoch.phase = 'DRAINING';
  withdraw(keeper, epoch);
};

export const endEpoch = (keeper: Keeper, epoch: EpochState): void => {
  if (epoch.phase === 'OPEN') withdraw(keeper, epoch);
  epoch.phase = 'ENDED';
  epoch.wake();
};

export const hasEnded = (epoch: EpochState): boolean => epoch.phase === 'ENDED';
