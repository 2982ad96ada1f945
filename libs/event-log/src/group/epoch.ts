/** One epoch of one member: its lease, and its commits one after the other under its own generation. */
import { AppError, messageOf } from '@sendpool/kernel';
import type { Commit, Epoch, Position } from '../port.ts';

/** The member's lease, on the monotonic clock. It counts from when an acknowledged heartbeat was sent. */
type Lease = { isValid(): boolean };

export type EpochKey = { memberId: string; generation: number };

/** Where the positions of a group lie. */
export type PositionStore = {
  /** Characters of metadata that a position can hold. */
  readonly maxMetadata: number;
  /** False: refused, nothing was stored. A throw means that there was no answer, and it may be stored. `number` counts the commits of the epoch. */
  commit(epoch: EpochKey & { number: number }, commits: readonly Commit[], timeoutMs: number): Promise<boolean>;
  /** 'FENCED' when the epoch does not hold the partition. */
  committed(epoch: EpochKey, partition: number): Promise<Position | undefined | 'FENCED'>;
};

export type EpochDeps = {
  store: PositionStore;
  lease: Lease;
  commitTimeoutMs: number;
  /** Translates a fault of the store for callers. */
  faultOf(error: unknown): unknown;
  /** Called once when the epoch dies by itself: fenced, unanswered, or its lease ran out. */
  onLost(cause: unknown): void;
};

export type EpochIdentity = { generation: number; memberId: string; partitions: readonly number[] };
export type Flow = { pause(partition: number): void; resume(partition: number): void };

export type ManagedEpoch = {
  epoch: Epoch;
  /** From here on nothing can be done in it. */
  end(): void;
};

const endedFault = (cause?: unknown): AppError =>
  new AppError('EPOCH_ENDED', `the epoch has ended${cause === undefined ? '' : `: ${messageOf(cause)}`}`, { cause });

const checkMetadata = (commits: readonly Commit[], max: number): void => {
  const large = commits.find((commit) => commit.metadata.length > max);
  if (large === undefined) return;
  const { partition, metadata } = large;
  throw new AppError('BAD_INPUT', `metadata of partition ${partition} has ${metadata.length} characters, not ${max}`);
};

const checkPartitions = ({ partitions }: EpochIdentity, commits: readonly Commit[]): void => {
  const distinct = new Set(commits.map((commit) => commit.partition));
  if (distinct.size !== commits.length) throw new AppError('BAD_INPUT', 'a partition stands twice in one commit');
  for (const partition of distinct) {
    if (!partitions.includes(partition))
      throw new AppError('BAD_INPUT', `partition ${partition} is not part of this epoch`);
  }
};

export const createEpoch = (deps: EpochDeps, identity: EpochIdentity, flow: Flow): ManagedEpoch => {
  let hasEnded = false;
  let number = 0;
  let last: Promise<unknown> = Promise.resolve();
  const lose = (cause: unknown): AppError => {
    if (!hasEnded) {
      hasEnded = true;
      deps.onLost(cause);
    }
    return endedFault(cause);
  };
  const isAlive = (): boolean => {
    if (!hasEnded && !deps.lease.isValid()) lose(new Error('the lease ran out'));
    return !hasEnded;
  };
  const send = async (commits: readonly Commit[]): Promise<void> => {
    if (!isAlive()) throw endedFault();
    number++;
    const stored = await deps.store
      .commit({ ...identity, number }, commits, deps.commitTimeoutMs)
      .catch((error: unknown) => {
        // No answer is not a no: it may have been stored. Only the next generation can tell.
        throw lose(deps.faultOf(error));
      });
    if (!stored) throw lose(new Error('another member holds the partition, or a later commit came first'));
    if (hasEnded) throw endedFault();
  };
  const epoch: Epoch = {
    ...identity,
    isAlive,
    commit: async (commits) => {
      checkPartitions(identity, commits);
      checkMetadata(commits, deps.store.maxMetadata);
      if (commits.length === 0) return;
      const turn = last.then(() => send(commits));
      last = turn.catch(() => undefined);
      await turn;
    },
    committed: async (partition) => {
      if (hasEnded) throw endedFault();
      const position = await deps.store
        .committed(identity, partition)
        .catch((error: unknown) => Promise.reject(deps.faultOf(error)));
      if (position === 'FENCED') throw lose(new Error(`partition ${partition} is held by another member`));
      return position;
    },
    pause: (partition) => flow.pause(partition),
    resume: (partition) => flow.resume(partition),
  };
  return {
    epoch,
    end: () => {
      hasEnded = true;
    },
  };
};
