/**
 * What publishing needs of the store. Every function is one transaction; `now` is the database's clock, never that of the process.
 * A transaction that was given up may still be carried out later: the compare-and-set of (epoch, produced) makes that harmless.
 */
import type { RecipientChange, RecipientRow } from './recipient.ts';
import type { CampaignInLane, CampaignTake, SliceShare } from './plan-slice.ts';
import type { CounterDelta } from './counters.ts';
import type { PoolPause } from './pool-pause.ts';

/** Records of one slice exactly as they were or will be produced. */
export type Intent = { readonly lastSequence: number; readonly records: readonly string[] };

export type LaneLease = {
  readonly lane: number;
  /** Grows each time the lane changes hands. */
  readonly epoch: number;
  /** Last sequence given out; -1 before the first. */
  readonly lastSequence: number;
  /** The slice of the last transaction: whether it was produced is not known, so it is produced again first. */
  readonly intent: Intent | undefined;
};

/** A recipient that may be published, with its contact. */
export type Candidate = {
  readonly row: RecipientRow;
  readonly email: string;
  /** JSON object as text. */
  readonly fields: string;
  /** The contact was suppressed after the campaign was prepared. */
  readonly suppressed: boolean;
};

export type SliceSave = {
  /** Replaces the stored one. Undefined: nothing is to be produced, the stored one is removed. */
  readonly intent: Intent | undefined;
  /** New last sequence of the lane. */
  readonly lastSequence: number;
  readonly changes: readonly RecipientChange[];
  readonly counters: readonly CounterDelta[];
  readonly takes: readonly CampaignTake[];
  readonly pools: readonly PoolPause[];
};

/** The steps inside the one transaction of a slice, in this order. */
export type SliceTransaction = {
  /** Locks the lane's row and compares epoch and last sequence; undefined when either is another. Extends the lease. */
  lock(request: SliceRequest): Promise<{ readonly now: number } | undefined>;
  /**
   * Campaigns that send (SENDING, prepared, newest revision acknowledged in the log), locked against a change of status (FOR SHARE),
   * with what they have in this lane; and the pauses of their pools.
   */
  campaigns(lane: number, now: number): Promise<{ campaigns: CampaignInLane[]; pauses: PoolPause[] }>;
  /** Locks and reads what the shares name: `due` recipients whose time has come, oldest first, and `fresh` ones from where the lane stands. */
  candidates(lane: number, shares: readonly SliceShare[], now: number): Promise<Candidate[]>;
  save(slice: SliceSave): Promise<void>;
  /** The next time at which a recipient of this lane is due or a pool's pause ends; null when nothing is. */
  nextDueAt(lane: number, now: number): Promise<number | null>;
};

export type SliceRequest = {
  readonly lane: number;
  readonly epoch: number;
  /** The last sequence that this process knows to be produced. */
  readonly produced: number;
};

export type LaneStore = {
  /**
   * Takes the lane when it is free or its lease has run out, or renews it when `owner` holds it (same epoch). Undefined when another
   * owner holds it. `owner` names one start of one process.
   */
  acquire(lane: number, owner: string): Promise<LaneLease | undefined>;
  /** Gives the lane up at once, so that another process need not wait for the lease to run out. */
  release(lane: number, epoch: number): Promise<void>;
  /** Runs `work` in one transaction; commits when it resolves. */
  slice<Result>(work: (tx: SliceTransaction) => Promise<Result>): Promise<Result>;
};
