/** Publishes one lane while this process holds its lease: the stored intent first, then slice after slice, each produced before the next is taken. */
import type { LaneLease, LaneStore, SliceRequest } from './lane-store.ts';

export type SliceResult =
  | { readonly kind: 'SLICE'; readonly lastSequence: number; readonly records: readonly string[] }
  /** Nothing to publish; `nextDueAt` is when a look may pay, on the database's clock; `now` is that clock. */
  | { readonly kind: 'EMPTY'; readonly nextDueAt: number | null; readonly now: number }
  | { readonly kind: 'LEASE_LOST' };

export type LanePublisherDeps = {
  readonly leases: Pick<LaneStore, 'acquire' | 'release'>;
  /** Names one start of this process. */
  readonly owner: string;
  takeSlice(request: SliceRequest): Promise<SliceResult>;
  /** Appends the records to the lane's partition as one batch. Resolves when they are durable; when it rejects, the same ones come again. */
  produce(lane: number, records: readonly string[]): Promise<void>;
  /** True when the senders have committed a ledger in this lane: before that nothing may be published there. */
  isOpen(lane: number): Promise<boolean>;
  /** False: the database or the log was restored to an older state, and nothing may be published. Asked once the lane is ours. */
  mayPublish(lane: number): Promise<boolean>;
  /** Resolves after `ms`, or earlier when there may be something to publish in this lane. */
  idle(lane: number, ms: number): Promise<void>;
  /** Told of faults that are retried. */
  onFault(lane: number, error: unknown): void;
  readonly timings: {
    /** Before the next look at a lane that is held by another process, is not open, or had a fault. */
    readonly retryMs: number;
    /** Longest wait in a lane without work; below the lease time, because each look renews the lease. */
    readonly idleMs: number;
  };
};

export type LanePublisher = {
  /** Runs until `signal` is aborted; then gives the lane up. Never rejects. */
  run(lane: number, signal: AbortSignal): Promise<void>;
};

const rest = (deps: LanePublisherDeps, lane: number, { nextDueAt, now }: { nextDueAt: number | null; now: number }) => {
  const { idleMs } = deps.timings;
  return deps.idle(lane, nextDueAt === null ? idleMs : Math.min(idleMs, Math.max(1, nextDueAt - now)));
};

/**
 * A lane that has been empty for so many looks produces its newest slice once more. A log that lost an acknowledged batch betrays it by
 * the jump that the next slice makes; behind the newest slice there is none, and its recipients would be in flight for ever.
 */
const repeatAfter = 20;

/**
 * From the stored state of the lane on. The next slice names the last sequence that is known to be produced: a slice transaction that
 * was given up and is carried out late can then never replace an intent that was not produced.
 */
const publishUnder = async (deps: LanePublisherDeps, lease: LaneLease, signal: AbortSignal): Promise<void> => {
  const { lane, epoch } = lease;
  const produce = async (records: readonly string[]): Promise<void> => {
    if (records.length > 0) await deps.produce(lane, records);
  };
  let newest = lease.intent?.records ?? [];
  let produced = lease.lastSequence;
  let emptyLooks = 0;
  await produce(newest);
  while (!signal.aborted) {
    const slice = await deps.takeSlice({ lane, epoch, produced });
    if (slice.kind === 'LEASE_LOST') return;
    if (slice.kind === 'EMPTY') {
      if (++emptyLooks === repeatAfter) await produce(newest);
      await rest(deps, lane, slice);
      continue;
    }
    await produce(slice.records);
    [newest, produced, emptyLooks] = [slice.records, slice.lastSequence, 0];
  }
};

/** Resolves with the lease that was held, if there was one. */
const holdLane = async (deps: LanePublisherDeps, lane: number, signal: AbortSignal): Promise<LaneLease | undefined> => {
  const lease = (await deps.isOpen(lane)) ? await deps.leases.acquire(lane, deps.owner) : undefined;
  if (lease !== undefined && (await deps.mayPublish(lane))) await publishUnder(deps, lease, signal);
  else await deps.idle(lane, deps.timings.retryMs);
  return lease;
};

export const createLanePublisher = (deps: LanePublisherDeps): LanePublisher => ({
  run: async (lane, signal) => {
    while (!signal.aborted) {
      try {
        const lease = await holdLane(deps, lane, signal);
        if (lease !== undefined && signal.aborted) await deps.leases.release(lane, lease.epoch);
      } catch (error) {
        // Whether the transaction or the produce took place is not known: the stored intent tells.
        deps.onFault(lane, error);
        await deps.idle(lane, deps.timings.retryMs);
      }
    }
  },
});
