/** The positions of a group as the broker keeps them: one OffsetCommit at a time on its own connection, under the generation it was made for. */
import { AppError, sleep } from '@sendpool/kernel';
import type { EpochKey, PositionStore } from '../group/epoch.ts';
import type { Commit, Position } from '../port.ts';
import type { Coordinator, Line } from './coordinator.ts';
import { isFenced, typeOf } from './faults.ts';

/** `offset.metadata.max.bytes` of a broker by default. It counts characters. */
export const maxMetadata = 4096;
const retryMs = 50;

/**
 * The request has not been looked at, so that it can be sent again. NOT_COORDINATOR_FOR_GROUP and GROUP_COORDINATOR_NOT_AVAILABLE do
 * not say that: a coordinator gives them also when it had appended the commit and lost its partition before it was replicated.
 */
const untouched = new Set(['GROUP_LOAD_IN_PROGRESS']);

type PartitionOffset = { partition: number; offset: string; metadata: string | null };

/** A position that was erased or expired is -1; some clients write other negative numbers. */
export const positionOf = ({ offset, metadata }: PartitionOffset): Position | undefined =>
  Number(offset) < 0 ? undefined : { offset: Number(offset), metadata: metadata ?? '' };

/** Repeats while the fault passes and there is time. */
const withRetry = async <T>(work: () => Promise<T>, isPassing: (error: unknown) => boolean, deadline: number) => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || performance.now() + retryMs >= deadline) throw error;
    }
    await sleep(retryMs);
  }
};

export type PositionDeps = { topic: string; group: string; commits: Coordinator; reads: Coordinator };

const partitionOffset = ({ partition, offset, metadata }: Commit) => ({
  partition,
  offset: String(offset),
  metadata,
});

/** Positions of one topic. */
export const readPositions = async (
  { topic, group }: Pick<PositionDeps, 'topic' | 'group'>,
  line: Line,
  [partitions, timeoutMs]: [readonly number[], number],
): Promise<Map<number, Position | undefined>> => {
  const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
  const { responses } = await line.request('OffsetFetch', { groupId: group, topics }, timeoutMs);
  const found = responses.find((response) => response.topic === topic)?.partitions ?? [];
  if (found.length !== partitions.length)
    throw new AppError('UNAVAILABLE', `the broker told ${found.length} of ${partitions.length} positions of ${topic}`);
  return new Map(found.map((one) => [one.partition, positionOf(one)]));
};

const readTimeoutMs = 5000;

const probeMs = 3000;

const probe = async (line: Line, groupId: string, { memberId, generation }: EpochKey): Promise<void> => {
  const request = { groupId, memberId, groupGenerationId: generation };
  await line.request('Heartbeat', request, probeMs).catch((error: unknown) => {
    if (typeOf(error) !== 'REBALANCE_IN_PROGRESS') throw error;
  });
};

/**
 * A connection over which a heartbeat of this member was answered once: a coordinator that has just started, or is the coordinator no
 * longer, refuses that too. A heartbeat can be repeated, a commit that was refused in that way cannot.
 */
const createProvenLine = ({ group, commits }: PositionDeps) => {
  let proven: Line | undefined;
  return {
    reach: (epoch: EpochKey, deadline: number): Promise<Line> => {
      const reachOnce = async (): Promise<Line> => {
        const line = await commits.reach();
        if (line !== proven) await probe(line, group, epoch);
        proven = line;
        return line;
      };
      return withRetry(reachOnce, (error) => !isFenced(error), deadline);
    },
    doubt: (): void => void (proven = undefined),
  };
};

export const createPositions = (deps: PositionDeps): PositionStore => {
  const { topic, group, reads } = deps;
  const line = createProvenLine(deps);
  return {
    maxMetadata,
    commit: async ({ memberId, generation }, commits, timeoutMs) => {
      const deadline = performance.now() + timeoutMs;
      const topics = [{ topic, partitions: commits.map(partitionOffset) }];
      const request = { groupId: group, memberId, groupGenerationId: generation, topics };
      const send = async (): Promise<unknown> => {
        const reached = await line.reach({ memberId, generation }, deadline);
        return reached.request('OffsetCommit', request, Math.max(1, deadline - performance.now()));
      };
      try {
        await withRetry(send, (error) => untouched.has(typeOf(error)), deadline);
        return true;
      } catch (error) {
        line.doubt();
        // A clear no: nothing was stored, and under this generation nothing ever will be.
        if (isFenced(error)) return false;
        throw error;
      }
    },
    committed: async (epoch, partition) => {
      const read = async (): Promise<Position | undefined> => {
        const reached = await reads.reach();
        // A broker that has not heard yet that another one coordinates the group would tell what was committed long ago.
        await probe(reached, group, epoch);
        return (await readPositions(deps, reached, [[partition], readTimeoutMs])).get(partition);
      };
      return withRetry(read, (error) => !isFenced(error), performance.now() + readTimeoutMs).catch((error: unknown) => {
        if (isFenced(error)) return 'FENCED' as const;
        throw error;
      });
    },
  };
};
