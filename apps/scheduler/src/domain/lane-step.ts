/**
 * Whether the database and the event log tell of the same time. One of them may have been restored to an older state; then nothing may be
 * published or recorded in the lane before `restore-lanes` has brought them together (docs/protocol.md, "Restore").
 */
import { laneLimits } from '@sendpool/contracts';

export type LaneInDatabase = {
  readonly lane: number;
  /** Last sequence given out; -1 before the first. */
  readonly lastSequence: number;
  /** Next offset of delivery-events to record. */
  readonly recorded: number;
};

export type LaneInLog = {
  /** Highest sequence among the newest records of the lane; undefined when none is kept. */
  readonly newestSequence: number | undefined;
  /** Next offset of send-requests. */
  readonly next: number;
  /** Next offset of delivery-events. */
  readonly eventsNext: number;
};

export type LaneStep = 'IN_STEP' | 'LOG_AHEAD' | 'LOG_BEHIND';

/**
 * In a log that has lost nothing only the stored intent can be missing. One slice more is left to the gap report of the senders, which heals
 * a single lost batch with less doubt than a restore.
 */
const missing = 2 * laneLimits.slice;

const isBehind = (database: LaneInDatabase, log: LaneInLog): boolean => {
  if (database.recorded > log.eventsNext) return true;
  // Records of an idle lane are dropped when they are old, which says nothing.
  if (log.newestSequence === undefined && log.next > 0) return false;
  return (log.newestSequence ?? -1) < database.lastSequence - missing;
};

/**
 * A sequence is given out in the database before it goes into the log, and an event is in the log before it is recorded. So that work that
 * goes on meanwhile is no fault, the database is read before the log and after it.
 */
export const stepOf = (database: { before: LaneInDatabase; after: LaneInDatabase }, log: LaneInLog): LaneStep => {
  if ((log.newestSequence ?? -1) > database.after.lastSequence) return 'LOG_AHEAD';
  return isBehind(database.before, log) ? 'LOG_BEHIND' : 'IN_STEP';
};
