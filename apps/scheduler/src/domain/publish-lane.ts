/** Publishes one lane while this process holds its lease: the stored intent first, then slice after slice, each produced before the next is taken. */
import type { LaneStore, SliceRequest } from './lane-store.ts';

export type SliceResult =
  | { readonly kind: 'SLICE'; readonly lastSequence: number; readonly records: readonly string[] }
  /** Nothing to publish; `nextDueAt` is when a look may pay, on the database's clock; `now` is that clock. */
  | { readonly kind: 'EMPTY'; readonly nextDueAt: number | null; readonly now: number }
  | { readonly kind: 'LEASE_LOST' };

export type LanePublisherDeps = {
  readonly leases: Pick<LaneStore, 'acquire' | 'release'>;
  takeSlice(request: SliceRequest): Promise<SliceResult>;
  /** Appends the records to the lane's partition as one batch. Resolves when they are durable; when it rejects, the same ones come again. */
  produce(lane: number, records: readonly string[]): Promise<void>;
  /** True when the senders have committed a ledger in this lane: before that nothing may be published there. */
  isOpen(lane: number): Promise<boolean>;
  /** Names one start of this process. */
  readonly owner: string;
  /** Resolves after `ms`, or earlier when there may be something to publish in this lane. */
  idle(lane: number, ms: number): Promise<void>;
  /** Told of faults that are retried. */
  onFault(lane: number, error: unknown): void;
  readonly timings: {
    /** Between two looks at a lane that is held by another process, is not open, or has a fault. */
    readonly retryMs: number;
    /** Longest wait in a lane without work; below the lease time, because each look renews the lease. */
    readonly idleMs: number;
  };
};

export type LanePublisher = {
  /** Runs until `signal` is aborted; then gives the lane up. Never rejects. */
  run(lane: number, signal: AbortSignal): Promise<void>;
};
