/** The restore as a whole: nobody else may publish meanwhile, campaigns come first, then each lane, and the ledgers when the log is older. */
import { AppError } from '@sendpool/kernel';
import { stepOf, type LaneInLog } from './lane-step.ts';
import { restoreCampaigns, type CampaignsReport, type RestoreCampaignsDeps } from './restore-campaigns.ts';
import { restoreLane, type LaneReport, type RestoreLaneDeps } from './restore-lane.ts';
import type { HeldLane, LaneRestoreStore } from './restore-store.ts';

/** The senders' ledgers, held so that no sender has a lane. */
export type HeldLedgers = {
  /** Makes every ledger a lost one: whoever opens the lane next starts at the end of the log, and sends nothing that lies before. */
  reset(): Promise<void>;
  release(): Promise<void>;
};

export type RestoreSystemDeps = {
  readonly campaigns: RestoreCampaignsDeps;
  readonly lane: RestoreLaneDeps;
  /** Names this run. */
  readonly owner: string;
  /** All lanes there are. */
  lanes(): Promise<number[]>;
  tails(lanes: readonly number[]): Promise<ReadonlyMap<number, LaneInLog>>;
  /** Throws AppError CONFLICT while a sender runs. */
  holdLedgers(lanes: readonly number[]): Promise<HeldLedgers>;
  say(line: string): void;
  /** Monotonic milliseconds. */
  clock(): number;
  sleep(ms: number): Promise<void>;
};

/** A scheduler that was killed holds its lanes for so long, milliseconds. */
const leaseMs = 12_000;
const lookMs = 500;

const hold = async (deps: RestoreSystemDeps, lane: number, untilMs: number): Promise<HeldLane> => {
  for (;;) {
    const held = await deps.lane.store.hold(lane, deps.owner);
    if (held !== undefined) return held;
    if (deps.clock() > untilMs)
      throw new AppError(
        'CONFLICT',
        `lane ${lane} is held by a scheduler: stop every scheduler and stats process, then run this again`,
      );
    await deps.sleep(lookMs);
  }
};

const holdAll = async (deps: RestoreSystemDeps, lanes: readonly number[]): Promise<HeldLane[]> => {
  const untilMs = deps.clock() + leaseMs;
  const held: HeldLane[] = [];
  for (const lane of lanes) held.push(await hold(deps, lane, untilMs));
  return held;
};

/** The fence of a lane that is behind would give back recipients whose mail may have been sent. */
const refuseLostLog = async (deps: RestoreSystemDeps, held: readonly HeldLane[]): Promise<void> => {
  const tails = await deps.tails(held.map(({ lane }) => lane));
  const behind = held.filter((lane) => stepOf({ before: lane, after: lane }, tails.get(lane.lane)!) === 'LOG_BEHIND');
  if (behind.length === 0) return;
  const names = behind.map(({ lane }) => lane).join(', ');
  throw new AppError(
    'CONFLICT',
    `the event log has lost records that the database knows of (lanes ${names}): stop the senders and run this with --log-lost`,
  );
};

const campaignsText = ({ adopted, orphans, lifted }: CampaignsReport): string[] => [
  `campaigns: ${adopted.length} as the log has them, ${lifted} under a higher revision, ${orphans.length} stopped`,
  ...adopted.map((id) => `  campaign ${id}: status and content are those of the log`),
  ...orphans.map((id) => `  campaign ${id}: the database does not know it; senders give back what they have of it`),
];

const laneText = (report: LaneReport): string => {
  switch (report.kind) {
    case 'NEVER_USED':
      return `lane ${report.lane}: never used`;
    case 'STANDS_AT_FENCE':
      return `lane ${report.lane}: stands at its fence already, nothing to do`;
    case 'RESTORED':
      return (
        `lane ${report.lane}: database at ${report.known}, log at ${report.newest}; fence ${report.fence}, ` +
        `${report.takenOver} recipients taken over${report.isInDoubt ? ', all in flight in doubt' : ''}`
      );
  }
};

const bringTogether = async (deps: RestoreSystemDeps, lanes: readonly number[], isLogLost: boolean): Promise<void> => {
  for (const line of campaignsText(await restoreCampaigns(deps.campaigns))) deps.say(line);
  for (const lane of lanes) {
    // The leases of the others are renewed, so that none runs out before its turn.
    const held = await holdAll(deps, lanes);
    const own = held.find((one) => one.lane === lane)!;
    deps.say(laneText(await restoreLane(deps.lane, own, isLogLost)));
  }
};

const withLedgers = async (deps: RestoreSystemDeps, lanes: readonly number[]): Promise<void> => {
  const ledgers = await deps.holdLedgers(lanes);
  try {
    // First too: lanes at their fence look sound, so a run that ends in between must not leave the old ledgers behind it.
    await ledgers.reset();
    await bringTogether(deps, lanes, true);
    await ledgers.reset();
  } finally {
    await ledgers.release();
  }
};

const release = async (store: LaneRestoreStore, held: readonly HeldLane[]): Promise<void> => {
  for (const lane of held) await store.release(lane);
};

/**
 * `isLogLost`: records of the log are gone, so what was in flight is in doubt and the senders' ledgers are not believed.
 * Throws AppError CONFLICT, and changes nothing, while a scheduler runs (or, with a lost log, a sender).
 */
export const restoreSystem = async (deps: RestoreSystemDeps, isLogLost: boolean): Promise<void> => {
  const lanes = await deps.lanes();
  const held = await holdAll(deps, lanes);
  try {
    if (isLogLost) await withLedgers(deps, lanes);
    else {
      await refuseLostLog(deps, held);
      await bringTogether(deps, lanes, false);
    }
  } finally {
    await release(deps.lane.store, held);
  }
};
