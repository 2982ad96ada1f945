/** Messages that go back unsent: the returned bit is committed first, so that no later owner of the lane sends them. */
import type { EpochState, Keeper, OwnedLane, Slot } from './keeper-state.ts';
import { setState, windowOf } from './lane.ts';
import type { GivenBack } from './lane-types.ts';
import { recordState } from './ledger.ts';
import { unoffer } from './offers.ts';
import { pump } from './take-in.ts';

export const giveBackSlot = (slot: Slot, end: GivenBack): void => {
  const { owned } = slot.home;
  unoffer(owned, slot);
  slot.phase = 'FORGOTTEN';
  setState(owned.lane, slot, recordState.RETURNED);
  owned.epoch.returns.push({ slot, end });
  owned.epoch.wake();
};

const isLate = (keeper: Keeper, slot: Slot): boolean =>
  (slot.phase === 'WAITING' || slot.phase === 'QUEUED' || slot.phase === 'OFFERED') &&
  keeper.deps.clock.monotonic() - slot.receivedAt > keeper.deps.limits.busyAfterMs;

/** In a window more than 3/4 full, the fresh records at its head that wait too long make room: a quarter of the window at once. */
const relieve = (keeper: Keeper, owned: OwnedLane): void => {
  const { window } = keeper.deps.limits;
  if (windowOf(owned.lane) <= (window * 3) / 4) return;
  const head = owned.lane.records.slice(owned.lane.passed, owned.lane.passed + window / 4);
  const late = head.filter((record): record is Slot => 'phase' in record && isLate(keeper, record as Slot));
  const offered = late.filter((slot) => slot.phase === 'OFFERED');
  for (const slot of late) giveBackSlot(slot, { outcome: 'RELEASED', reason: 'BUSY' });
  if (offered.length > 0) keeper.deps.onWithdrawn(offered);
  if (late.length > 0) pump(keeper, owned);
};

/** Runs while the epoch is open. */
export const runRelief = async (keeper: Keeper, epoch: EpochState): Promise<void> => {
  while (epoch.phase === 'OPEN') {
    for (const owned of epoch.lanes.values()) relieve(keeper, owned);
    await keeper.deps.sleep(keeper.deps.limits.busyCheckMs);
  }
};
