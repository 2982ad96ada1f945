/** How a record comes to its done bit: the outcome is in the log first. */
import type { OutcomeEvent } from '@sendpool/contracts';
import { hasEnded, type Keeper, type OwnedLane, type Slot } from './keeper-state.ts';
import { markDone } from './lane.ts';
import type { CarriedRecord } from './ledger.ts';
import type { PublicationRef, ReadyMessage, Report, StoredRequest, Untried } from './lane-types.ts';
import { outcomeEvent, untriedReport } from './outcome-event.ts';
import { domainOf, providerOf } from './provider.ts';

const setDone = (owned: OwnedLane, record: CarriedRecord): void => {
  markDone(owned.lane, record);
  owned.epoch.busy--;
  owned.epoch.wake();
};

/** Produces the outcome of a record that runs in no conversation here; then sets its done bit, if the epoch still lives, and calls `settled`. */
export const settleRecord = (
  keeper: Keeper,
  at: { owned: OwnedLane; record: CarriedRecord; settled?: () => void },
  event: OutcomeEvent,
): void => {
  const { owned, record } = at;
  owned.epoch.busy++;
  keeper.outbox.add(event, () => {
    if (hasEnded(owned.epoch)) return;
    setDone(owned, record);
    at.settled?.();
  });
};

/** Without the address there is no provider to tell. */
const providerOfRequest = ({ request }: StoredRequest | ReadyMessage): string =>
  request?.type === 'SEND' ? providerOf(domainOf(request.email)) : 'other';

/** The outcome of a publication that no server of this process has had. */
export const untriedEvent = (keeper: Keeper, record: StoredRequest | ReadyMessage, end: Untried): OutcomeEvent => {
  const invalid = 'invalid' in record ? record.invalid : undefined;
  const publication = (record.request?.type === 'SEND' ? record.request : invalid) as PublicationRef;
  const report = untriedReport(end, providerOfRequest(record));
  return outcomeEvent(publication, report, keeper.deps.clock.now());
};

/** The outcome of a conversation is in the log: its done bit goes into the next commit of the epoch that it belongs to now. */
const settleSlot = (slot: Slot): void => {
  slot.phase = 'SETTLED';
  const { owned, record } = slot.home;
  if (hasEnded(owned.epoch)) return;
  owned.epoch.done.push(slot);
  setDone(owned, record);
};

export const finishSlot = (keeper: Keeper, slot: Slot, report: Report): void => {
  if (slot.phase !== 'RUNNING') return;
  slot.phase = 'REPORTED';
  keeper.outbox.add(outcomeEvent(slot.request, report, keeper.deps.clock.now()), () => settleSlot(slot));
};

/** A started record that this process still runs a conversation for: it goes on, in this epoch. */
export const adopt = (slot: Slot, owned: OwnedLane, record: CarriedRecord): void => {
  slot.home = { owned, record };
  owned.epoch.busy++;
  if (slot.phase === 'SETTLED') settleSlot(slot);
};
