/** Takes records of a lane in, in log order: drops, reports, settles what is inherited, and offers what is fresh. */
import { backoffDelay } from '@sendpool/kernel';
import type { DeliveryEvent } from '@sendpool/contracts';
import {
  forgetLive,
  hasEnded,
  liveSlot,
  type EpochState,
  type Keeper,
  type OwnedLane,
  type Slot,
} from './keeper-state.ts';
import * as lanes from './lane.ts';
import { recordState, type CarriedRecord, type RecordState } from './ledger.ts';
import type { ReadyMessage, StoredRequest } from './lane-types.ts';
import { enqueue, offerFresh } from './offers.ts';
import { publishBackoff } from './outbox.ts';
import { adopt, settleRecord, untriedEvent } from './settle.ts';

/** Produces the events before anything else happens in the lane. False when the epoch ended over it. */
export const publishFirst = async (
  keeper: Keeper,
  epoch: EpochState,
  events: readonly DeliveryEvent[],
): Promise<boolean> => {
  for (let attempt = 1; !hasEnded(epoch); attempt++) {
    const isDurable = await keeper.deps.publishEvents(events).then(
      () => true,
      () => false,
    );
    if (isDurable) return !hasEnded(epoch);
    await keeper.deps.sleep(backoffDelay(publishBackoff, attempt));
  }
  return false;
};

const reportGap = async (keeper: Keeper, owned: OwnedLane, gap: lanes.SequenceGap): Promise<boolean> => {
  const { lane, isInDoubt } = owned.lane;
  const at = keeper.deps.clock.now();
  const event: DeliveryEvent = isInDoubt ? { type: 'LOST', lane, upTo: gap.to, at } : { type: 'GAP', lane, ...gap, at };
  if (!(await publishFirst(keeper, owned.epoch, [event])) || owned.epoch.phase !== 'OPEN') return false;
  lanes.passGap(owned.lane, gap);
  return true;
};

const isInherited = (owned: OwnedLane): boolean => lanes.nextOffset(owned.lane) < lanes.inheritedEnd(owned.lane);

/** Only the window bounds what is read ahead: behind the messages of a campaign that stands still may lie those of others. */
const hasRoom = ({ deps: { limits } }: Keeper, owned: OwnedLane): boolean => lanes.windowOf(owned.lane) < limits.window;

const newSlot = (keeper: Keeper, owned: OwnedLane, message: Omit<ReadyMessage, 'generation'>): Slot => {
  const { offset, request } = message;
  const slot = {
    ...message,
    generation: owned.epoch.source.generation,
    sequence: request.sequence,
    state: lanes.inheritedState(owned.lane, offset),
    phase: 'QUEUED' as const,
    receivedAt: keeper.deps.clock.monotonic(),
  };
  return Object.assign(slot, { home: { owned, record: slot } });
};

/** True when the campaign's revision that the record asks for has arrived. */
const hasRevision = (keeper: Keeper, { request }: Slot): boolean =>
  (keeper.deps.campaignRevision(request.campaignId) ?? -1) >= request.campaignRevision;

const queue = (keeper: Keeper, owned: OwnedLane, slot: Slot): void => {
  if (hasRevision(keeper, slot)) return enqueue(owned, slot);
  slot.phase = 'WAITING';
  const { campaignId } = slot.request;
  const others = owned.waiting.get(campaignId);
  if (others === undefined) owned.waiting.set(campaignId, [slot]);
  else others.push(slot);
};

export const requeueWaiting = (keeper: Keeper, owned: OwnedLane, campaignId: string): void => {
  const slots = owned.waiting.get(campaignId) ?? [];
  owned.waiting.delete(campaignId);
  for (const slot of slots) if (slot.phase === 'WAITING') queue(keeper, owned, slot);
  pump(keeper, owned);
};

/** Produces the outcome of an inherited record. Nothing new starts in the lane before it is in the log. */
const settleInherited = (
  keeper: Keeper,
  at: { owned: OwnedLane; record: CarriedRecord },
  message: ReadyMessage | StoredRequest,
  state: RecordState,
): void => {
  const { owned } = at;
  owned.unsettled++;
  const settled = (): void => {
    owned.unsettled--;
    pump(keeper, owned);
  };
  const end =
    state === recordState.STARTED
      ? ({ outcome: 'UNKNOWN', reason: 'SENDER_LOST' } as const)
      : ({ outcome: 'RELEASED', reason: 'RETURNED' } as const);
  settleRecord(keeper, { ...at, settled }, untriedEvent(keeper, message, end));
};

/** A started record of the ledger: its conversation goes on when it runs in this process, and its outcome is unknown otherwise. */
export const inheritStarted = (
  keeper: Keeper,
  at: { owned: OwnedLane; record: CarriedRecord },
  message: ReadyMessage | StoredRequest,
): void => {
  const running = liveSlot(keeper, at.owned.lane.lane, at.record.sequence);
  if (running === undefined) settleInherited(keeper, at, message, recordState.STARTED);
  else adopt(running, at.owned, at.record);
};

const takeRequest = (keeper: Keeper, owned: OwnedLane, slot: Slot): void => {
  lanes.append(owned.lane, slot);
  switch (slot.state) {
    case recordState.FRESH:
      return queue(keeper, owned, slot);
    case recordState.STARTED:
      return inheritStarted(keeper, { owned, record: slot }, slot);
    case recordState.RETURNED:
      return settleInherited(keeper, { owned, record: slot }, slot, recordState.RETURNED);
    case recordState.DONE:
  }
};

const refuse = (keeper: Keeper, owned: OwnedLane, stored: StoredRequest): void => {
  const { lane } = owned.lane;
  const { offset, invalid } = stored;
  const state = invalid === undefined ? recordState.DONE : lanes.inheritedState(owned.lane, offset);
  const record = { offset, sequence: invalid?.sequence ?? -1, state };
  lanes.append(owned.lane, record);
  if (state === recordState.DONE && invalid !== undefined) return;
  keeper.deps.onAlarm({ code: 'BAD_RECORD', lane, detail: `offset ${offset}, sequence ${record.sequence}` });
  if (invalid === undefined) return;
  const event = untriedEvent(keeper, stored, { outcome: 'BOUNCED', reason: 'INVALID_REQUEST' });
  settleRecord(keeper, { owned, record }, event);
};

const place = (keeper: Keeper, owned: OwnedLane, stored: StoredRequest, verdict: lanes.Verdict): void => {
  const { offset } = stored;
  switch (verdict.kind) {
    case 'SEEN':
      return undefined;
    case 'REQUEST':
      return takeRequest(
        keeper,
        owned,
        newSlot(keeper, owned, { lane: owned.lane.lane, offset, request: verdict.request }),
      );
    case 'INVALID':
    case 'UNREADABLE':
      return refuse(keeper, owned, stored);
    case 'REPUBLISHED':
    case 'FENCE':
      return lanes.append(owned.lane, { offset, sequence: verdict.sequence, state: recordState.DONE });
  }
};

const takeAll = async (keeper: Keeper, owned: OwnedLane): Promise<void> => {
  while (owned.epoch.phase === 'OPEN' && owned.backlog.length > 0 && hasRoom(keeper, owned)) {
    const stored = owned.backlog[0]!;
    if (stored.offset > lanes.nextOffset(owned.lane)) lanes.skipTo(owned.lane, stored.offset);
    const verdict = lanes.judge(owned.lane, stored);
    if ('gap' in verdict && verdict.gap !== undefined && !(await reportGap(keeper, owned, verdict.gap))) return;
    owned.backlog.shift();
    place(keeper, owned, stored, verdict);
  }
};

export const takeIn = async (keeper: Keeper, owned: OwnedLane): Promise<void> => {
  if (owned.isTakingIn) return;
  owned.isTakingIn = true;
  await takeAll(keeper, owned);
  owned.isTakingIn = false;
  if (!isInherited(owned)) forgetSettled(keeper, owned);
  if (owned.lane.isDirty) owned.epoch.wake();
  pump(keeper, owned);
};

/** Conversations that ended in a former epoch and whose record has been read again: another owner has settled those that were not adopted. */
const forgetSettled = (keeper: Keeper, owned: OwnedLane): void => {
  for (const slot of keeper.live.get(owned.lane.lane)?.values() ?? []) {
    if (slot.phase === 'SETTLED' && slot.home.owned !== owned) forgetLive(keeper, slot);
  }
};

const controlFlow = (keeper: Keeper, owned: OwnedLane): void => {
  const { limits } = keeper.deps;
  const { source } = owned.epoch;
  if (owned.backlog.length > 0) {
    if (!owned.isPaused) source.pause(owned.lane.lane);
    owned.isPaused = true;
    return;
  }
  const isRoomy = lanes.windowOf(owned.lane) < (limits.window * 7) / 8;
  if (owned.isPaused && (isRoomy || isInherited(owned))) {
    owned.isPaused = false;
    source.resume(owned.lane.lane);
  }
};

/** Whatever can go on in the lane now, goes on. */
export const pump = (keeper: Keeper, owned: OwnedLane): void => {
  if (owned.epoch.phase !== 'OPEN') return;
  if (owned.unsettled === 0 && !isInherited(owned)) offerFresh(keeper, owned);
  if (owned.isTakingIn) return;
  if (owned.backlog.length > 0 && hasRoom(keeper, owned)) void takeIn(keeper, owned);
  else controlFlow(keeper, owned);
};
