/** Bugs of a restore, planted round what the product's restore is given. */
import type { SendRequestRecord } from '@sendpool/contracts';
import type { Profile } from './plan.ts';
import type { Plant } from './plants.ts';

/** No fence lies in the lane; the restore believes that one does. */
const noFenceRecord: Plant = {
  restoreLane: (deps) => {
    const fences = new Map<number, SendRequestRecord>();
    const log = { ...deps.log };
    log.produceRequest = async (record) => void fences.set(record.lane, record);
    log.requests = async function* (lane) {
      yield* deps.log.requests(lane);
      const fence = fences.get(lane);
      if (fence !== undefined) yield fence;
    };
    return { ...deps, log };
  },
};

/** Nothing that the log knows is taken over. */
const noTakeOver: Plant = {
  restoreLane: (deps) => ({ ...deps, store: { ...deps.store, takeOver: () => Promise.resolve(0) } }),
};

/** The fence is just above what the log knows: what was given out before and arrives late lies behind it. */
const fenceTooLow: Plant = { restoreLane: (deps) => ({ ...deps, distance: 1 }) };

/** The ledgers of a log that was restored are believed. */
const oldLedgers: Plant = { keepsLedgers: true };

/** Events are read on from where they had been read before the restore. */
const noReplay: Plant = { keepsPositions: true };

/** Nobody looks whether the log knows more than the database, and nobody restores the lanes. */
const noRestore: Plant = { isCareless: true };

/** Bugs of a restore, each under the profile that shows it. */
export const restorePlants: Readonly<Record<string, { profile: Profile; plant(): Plant }>> = {
  'no fence record': { profile: 'RESTORE', plant: () => noFenceRecord },
  'no take-over': { profile: 'RESTORE', plant: () => noTakeOver },
  'fence too low': { profile: 'RESTORE', plant: () => fenceTooLow },
  'no replay': { profile: 'RESTORE', plant: () => noReplay },
  'no restore': { profile: 'RESTORE', plant: () => noRestore },
  'old ledgers': { profile: 'LOG_LOST', plant: () => oldLedgers },
};
