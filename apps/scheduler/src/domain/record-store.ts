/** What recording delivery events needs of the store. */
import type { CampaignRow, RecipientChange, RecipientRow } from './recipient.ts';
import type { CounterDelta } from './counters.ts';
import type { PoolPause } from './pool-pause.ts';
import type { WebhookOutcome } from './webhook-messages.ts';

export type RecipientKey = { readonly campaignId: string; readonly recipient: number };

/** IN_FLIGHT recipients of a lane whose sequence lies between `from` and `to`, both included. */
export type SequenceRange = { readonly lane: number; readonly from: number; readonly to: number };

export type RecordBatch = {
  readonly partition: number;
  /** The stored position must be exactly this, or nothing is done. */
  readonly expected: number;
  readonly next: number;
  readonly keys: readonly RecipientKey[];
  readonly ranges: readonly SequenceRange[];
};

export type Loaded = {
  /** The rows of all keys and ranges, each once, locked in key order. Keys without a row are left out. */
  readonly rows: readonly RecipientRow[];
  /** The campaigns of these rows, locked against a change of status (FOR SHARE). */
  readonly campaigns: readonly CampaignRow[];
  /** Pauses of their pools. */
  readonly pauses: readonly PoolPause[];
  /** The database's clock, milliseconds since 1970. */
  readonly now: number;
};

/** A campaign whose messages a lane gives back for a reason of the campaign itself. */
export type HeldBack = {
  readonly campaign: number;
  readonly lane: number;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
};

export type RecordChanges = {
  /** Only rows that differ. */
  readonly changes: readonly RecipientChange[];
  readonly counters: readonly CounterDelta[];
  readonly held: readonly HeldBack[];
  readonly pools: readonly PoolPause[];
  /** What webhooks are to be told of, and the log does not say. */
  readonly untold: readonly WebhookOutcome[];
};

export type RecordStore = {
  /** Next offset of delivery-events to read in each of these partitions; 0 when nothing was read. */
  positions(partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /**
   * One transaction: moves the position from `expected` to `next`, loads, lets `decide` work, stores. MOVED: the position was another,
   * nothing was changed. `decide` is pure and may be called again.
   */
  apply(batch: RecordBatch, decide: (loaded: Loaded) => RecordChanges): Promise<'APPLIED' | 'MOVED'>;
};
