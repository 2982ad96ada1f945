/** Commits the ledgers of an epoch in groups, one request at a time: start bits, returned bits and done bits of all its lanes together. */
import {
  endEpoch,
  forgetLive,
  hasEnded,
  keepLive,
  type EpochState,
  type Keeper,
  type OwnedLane,
  type PendingStart,
  type Return,
} from './keeper-state.ts';
import { advance, setState, snapshot } from './lane.ts';
import { recordState } from './ledger.ts';
import { unoffer } from './offers.ts';
import { settleRecord, untriedEvent } from './settle.ts';
import { pump } from './take-in.ts';
import { rememberUnanswered } from './unanswered.ts';

const takeStarts = (owned: OwnedLane, limit: number): PendingStart[] => {
  if (owned.epoch.phase !== 'OPEN') return [];
  const starting = owned.starts.splice(0, Math.max(0, limit - owned.lane.started));
  for (const { slot } of starting) setState(owned.lane, slot, recordState.STARTED);
  return starting;
};

const hasStarts = (owned: OwnedLane, limit: number): boolean =>
  owned.epoch.phase === 'OPEN' && owned.starts.length > 0 && owned.lane.started < limit;

const hasWork = (keeper: Keeper, epoch: EpochState): boolean => {
  for (const owned of epoch.lanes.values()) {
    if (owned.lane.isDirty || hasStarts(owned, keeper.deps.limits.started)) return true;
  }
  return false;
};

/** The start bit is durable. An epoch that is draining starts nothing: the message is fresh again for the next owner. */
const begin = (keeper: Keeper, owned: OwnedLane, { slot, resolve }: PendingStart): void => {
  unoffer(owned, slot);
  if (owned.epoch.phase !== 'OPEN') {
    setState(owned.lane, slot, recordState.FRESH);
    return resolve(false);
  }
  slot.phase = 'RUNNING';
  owned.epoch.busy++;
  keepLive(keeper, slot);
  resolve(true);
};

const follow = (keeper: Keeper, { slot, end }: Return): void =>
  settleRecord(keeper, slot.home, untriedEvent(keeper, slot, end));

const trimOf = (owned: OwnedLane): number => {
  const carried = [...owned.lane.carried.values()].map(({ offset }) => offset);
  return Math.min(owned.lane.base, ...carried);
};

const commitOnce = async (keeper: Keeper, epoch: EpochState): Promise<void> => {
  const { started, window } = keeper.deps.limits;
  const owned = [...epoch.lanes.values()];
  for (const { lane } of owned) advance(lane, { window, started });
  const starting = owned.map((one) => ({ one, starts: takeStarts(one, started) }));
  const [returns, done] = [epoch.returns.splice(0), epoch.done.splice(0)];
  const dirty = owned.filter(({ lane }) => lane.isDirty);
  const commits = dirty.map(({ lane }) => snapshot(lane, epoch.source.generation));
  const trims = dirty.map((one) => ({ one, trim: trimOf(one) }));
  const isDurable = await epoch.source.commit(commits).then(
    () => epoch.source.isAlive() && !hasEnded(epoch),
    () => false,
  );
  if (!isDurable) {
    // It may have landed all the same: only the next epoch can tell.
    rememberUnanswered(keeper, commits, new Map(starting.map(({ one, starts }) => [one.lane.lane, starts])));
    endEpoch(keeper, epoch);
    for (const { starts } of starting) for (const start of starts) start.resolve(false);
    return;
  }
  for (const { one, trim } of trims) one.trimBefore = trim;
  for (const slot of done) forgetLive(keeper, slot);
  for (const { one, starts } of starting) for (const start of starts) begin(keeper, one, start);
  for (const item of returns) follow(keeper, item);
  for (const one of owned) pump(keeper, one);
};

/** Runs until the epoch has ended. */
export const runCommits = async (keeper: Keeper, epoch: EpochState): Promise<void> => {
  while (!hasEnded(epoch)) {
    if (!hasWork(keeper, epoch)) {
      await new Promise<void>((resolve) => {
        epoch.wake = resolve;
      });
      continue;
    }
    epoch.isCommitting = true;
    await keeper.deps.sleep(keeper.deps.limits.groupMs);
    if (!hasEnded(epoch)) await commitOnce(keeper, epoch);
    epoch.isCommitting = false;
  }
};
