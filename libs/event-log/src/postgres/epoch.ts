/** One epoch of one member: its lease, and its commits one after the other under its own generation. */
import { AppError, messageOf } from '@sendpool/kernel';
import type { Commit, Epoch } from '../port.ts';
import { faultOf } from './connection.ts';
import type { GroupStore } from './group-store.ts';

/** The member's lease, on the monotonic clock. It counts from when an acknowledged heartbeat was sent. */
type Lease = { isValid(): boolean };

export type EpochDeps = {
  store: Pick<GroupStore, 'commit' | 'committed'>;
  lease: Lease;
  commitTimeoutMs: number;
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

const checkCommits = ({ partitions }: EpochIdentity, commits: readonly Commit[]): void => {
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
        throw lose(faultOf(error));
      });
    if (!stored) throw lose(new Error('another member holds the partition, or a later commit came first'));
    if (hasEnded) throw endedFault();
  };
  const epoch: Epoch = {
    ...identity,
    isAlive,
    commit: async (commits) => {
      checkCommits(identity, commits);
      if (commits.length === 0) return;
      const turn = last.then(() => send(commits));
      last = turn.catch(() => undefined);
      await turn;
    },
    committed: async (partition) => {
      if (hasEnded) throw endedFault();
      const position = await deps.store
        .committed(identity, partition)
        .catch((error: unknown) => Promise.reject(faultOf(error)));
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
