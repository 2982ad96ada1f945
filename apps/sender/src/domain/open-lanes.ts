/** Opens the lanes of a new epoch from their ledgers: a first one, the one that was left, or none although there should be one. */
import { AppError } from '@sendpool/kernel';
import { hasEnded, ownLane, type EpochState, type Keeper, type OwnedLane } from './keeper-state.ts';
import { openLane, snapshot } from './lane.ts';
import { decodeLedger, emptyLedger, type CarriedRecord } from './ledger.ts';
import { inheritStarted, publishFirst } from './take-in.ts';
import { withoutFalseStarts } from './unanswered.ts';

const checkOpen = (epoch: EpochState): void => {
  if (hasEnded(epoch) || !epoch.source.isAlive())
    throw new AppError('EPOCH_ENDED', 'the epoch ended while its ledgers were read');
};

/**
 * The ledger is gone: everything up to the end of the log is in doubt. That is reported before the new ledger is committed, so that a
 * crash in between finds the ledger lost again.
 */
const openLost = async (keeper: Keeper, epoch: EpochState, lane: number): Promise<OwnedLane> => {
  const { end, lastSequence } = await keeper.deps.readTail(lane);
  // Whoever has the lane now may have opened it meanwhile: then nothing is lost, and the tail is of its time.
  checkOpen(epoch);
  keeper.deps.onAlarm({ code: 'LEDGER_LOST', lane, detail: `in doubt up to sequence ${lastSequence ?? '?'}` });
  const at = keeper.deps.clock.now();
  if (lastSequence !== undefined) await publishFirst(keeper, epoch, [{ type: 'LOST', lane, upTo: lastSequence, at }]);
  checkOpen(epoch);
  const ledger = { ...emptyLedger, lastSequence: lastSequence ?? -1, isInDoubt: lastSequence === undefined };
  const owned = ownLane(epoch, openLane(lane, end, ledger));
  owned.lane.isDirty = true;
  return owned;
};

const openOne = async (keeper: Keeper, epoch: EpochState, lane: number): Promise<OwnedLane> => {
  const position = await epoch.source.committed(lane);
  const ledger = position && decodeLedger(position.metadata);
  if (position !== undefined && ledger !== undefined) {
    const known = withoutFalseStarts(keeper, { partition: lane, ...position }, ledger);
    return ownLane(epoch, openLane(lane, position.offset, known));
  }
  const isNew = position === undefined && (await keeper.deps.readTail(lane)).end === 0;
  if (!isNew) return openLost(keeper, epoch, lane);
  const owned = ownLane(epoch, openLane(lane, 0, emptyLedger));
  owned.lane.isDirty = true;
  return owned;
};

/** A carried record lies before the base and does not come again by itself. */
const inheritCarried = async (keeper: Keeper, owned: OwnedLane, record: CarriedRecord): Promise<void> => {
  const { lane } = owned.lane;
  const stored = await keeper.deps.readRecord(lane, record.offset);
  checkOpen(owned.epoch);
  if (stored?.request?.type === 'SEND') return inheritStarted(keeper, { owned, record }, stored);
  const at = keeper.deps.clock.now();
  await publishFirst(keeper, owned.epoch, [{ type: 'LOST', lane, upTo: record.sequence, at }]);
  checkOpen(owned.epoch);
  owned.lane.carried.delete(record.sequence);
  owned.lane.started--;
  owned.lane.isDirty = true;
};

const inheritAllCarried = async (keeper: Keeper, owned: OwnedLane): Promise<void> => {
  for (const record of owned.lane.carried.values()) await inheritCarried(keeper, owned, record);
};

/** The lanes of `epoch` with where to read from; ledgers that are new are committed. Rejects when the epoch has ended. */
export const openLanes = async (keeper: Keeper, epoch: EpochState): Promise<Map<number, number>> => {
  const owned = await Promise.all(epoch.source.partitions.map((lane) => openOne(keeper, epoch, lane)));
  checkOpen(epoch);
  const fresh = owned.filter(({ lane }) => lane.isDirty);
  if (fresh.length > 0) await epoch.source.commit(fresh.map(({ lane }) => snapshot(lane, epoch.source.generation)));
  checkOpen(epoch);
  for (const one of owned) await inheritAllCarried(keeper, one);
  return new Map(owned.map(({ lane }) => [lane.lane, lane.base]));
};
