/** One epoch from its assignment to its end: start positions, delivery, and the drain. */
import { sleep } from '@sendpool/kernel';
import type { ConsumeOptions, Epoch, RecordBatch } from '../port.ts';
import { createDelivery, type Delivery, type DeliveryDeps } from './delivery.ts';
import { createEpoch, type EpochDeps, type EpochIdentity } from './epoch.ts';

export type SessionDeps = EpochDeps & {
  options: ConsumeOptions;
  maxBatch: number;
  gatherMs: number;
  pollMs: DeliveryDeps['pollMs'];
  read: DeliveryDeps['read'];
  subscribe: DeliveryDeps['subscribe'];
  onError(error: unknown): void;
  /** A hook threw; the epoch still holds, but must not go on. */
  onFailed(error: unknown): void;
};

export type Session = {
  /** Undefined before delivery begins. */
  progress(): ReturnType<Delivery['progress']> | undefined;
  /** Awaits handlers and the drain hook, at most `drainMs`; then the epoch is over. LOST: it is over already. */
  drain(reason: 'REBALANCE' | 'CLOSING' | 'LOST', drainMs: number): Promise<void>;
};

const startOffsets = async (
  epoch: Epoch,
  chosen: ReadonlyMap<number, number> | undefined,
): Promise<Map<number, number>> => {
  const start = new Map<number, number>();
  for (const partition of epoch.partitions) {
    start.set(partition, chosen?.get(partition) ?? (await epoch.committed(partition))?.offset ?? 0);
  }
  return start;
};

export const createSession = (deps: SessionDeps, identity: EpochIdentity): Session => {
  const { options } = deps;
  const paused = new Set<number>();
  let delivery: Delivery | undefined;
  let isOver = false;
  const managed = createEpoch(deps, identity, {
    pause: (partition) => {
      paused.add(partition);
      delivery?.pause(partition);
    },
    resume: (partition) => {
      paused.delete(partition);
      delivery?.resume(partition);
    },
  });
  const { epoch } = managed;
  const handle = async (batch: RecordBatch): Promise<void> => {
    if (epoch.isAlive()) await options.onBatch(batch, epoch);
  };
  const begin = async (): Promise<void> => {
    const start = await startOffsets(epoch, await options.onAssigned(epoch));
    if (isOver) return;
    delivery = createDelivery({ ...deps, handle }, start);
    for (const partition of paused) delivery.pause(partition);
  };
  const beginning = begin().catch((error: unknown) => {
    if (!isOver) deps.onFailed(error);
  });
  return {
    progress: () => delivery?.progress(),
    drain: async (reason, drainMs) => {
      isOver = true;
      if (reason === 'LOST') managed.end();
      const finish = async (): Promise<void> => {
        await beginning;
        await Promise.all([delivery?.stop(), options.onRevoked(epoch, reason)]);
      };
      const timer = new AbortController();
      await Promise.race([finish().catch(deps.onError), sleep(drainMs, timer.signal)]);
      timer.abort();
      managed.end();
      void delivery?.stop();
    },
  };
};
