/** Where partitions begin and end, how far groups are, and dropping what nobody needs any more. */
import type { Bounds, PartitionLag } from '../port.ts';
import type { Cluster } from './client.ts';
import { errorOf, throwFirst } from './faults.ts';
import { atLeaders } from './partitions.ts';
import type { Topic } from './topics.ts';

const earliest = -2;
const latest = -1;
const trimMs = 10_000;

const range = (count: number): { partition: number }[] =>
  Array.from({ length: count }, (_, partition) => ({ partition }));

/** Partition -> offset. */
const listOffsets = async (
  cluster: Cluster,
  [topic, partitions]: [topic: string, partitions: readonly { partition: number }[]],
  timestamp: number,
): Promise<Map<number, number>> => {
  const answers = await atLeaders(cluster, [topic, partitions], async (broker, parts) => {
    const topics = [{ topic, partitions: parts.map((part) => ({ ...part, timestamp })) }];
    const { responses } = await broker.request('ListOffsets', { replicaId: -1, isolationLevel: 0, topics });
    const found = responses.flatMap((one) => one.partitions);
    throwFirst(found);
    return found;
  });
  return new Map(answers.flat().map(({ partition, offset }) => [partition, Number(offset)]));
};

export const readBounds = async (cluster: Cluster, topic: Topic): Promise<Bounds[]> => {
  // The end is asked for last: it is never before the first.
  const all = range(topic.partitions);
  const first = await listOffsets(cluster, [topic.name, all], earliest);
  const next = await listOffsets(cluster, [topic.name, all], latest);
  return all.map(({ partition }) => ({
    partition,
    first: first.get(partition)!,
    next: next.get(partition)!,
  }));
};

export const readLag = async (cluster: Cluster, topic: Topic, groupId: string): Promise<PartitionLag[]> => {
  const broker = await cluster.coordinator(groupId);
  const topics = [{ topic: topic.name, partitions: range(topic.partitions) }];
  const { responses } = await broker.request('OffsetFetch', { groupId, topics });
  const ends = await listOffsets(cluster, [topic.name, range(topic.partitions)], latest);
  const committed = new Map(responses.flatMap((one) => one.partitions).map((one) => [one.partition, one]));
  return range(topic.partitions).map(({ partition }) => {
    const { offset = '-1', metadata = '' } = committed.get(partition) ?? {};
    const position = Number(offset) < 0 ? undefined : { offset: Number(offset), metadata: metadata ?? '' };
    return { partition, end: ends.get(partition)!, committed: position?.offset ?? 0, position };
  });
};

const deleteBefore = async (
  cluster: Cluster,
  [topic, partition]: [topic: string, partition: number],
  offset: number,
): Promise<string> => {
  const [type] = await atLeaders(cluster, [topic, [{ partition }]], async (broker) => {
    const topics = [{ topic, partitions: [{ partition, offset: String(offset) }] }];
    const answer = await broker.request('DeleteRecords', { topics, timeout: trimMs });
    const error = errorOf(answer.topics[0]?.partitions[0]?.errorCode ?? 0);
    if (error === undefined || error.type === 'OFFSET_OUT_OF_RANGE') return error?.type ?? '';
    throw error;
  });
  return type!;
};

/** A trim that begins before the first kept offset does nothing, one beyond the end drops all. */
export const trim = async (
  cluster: Cluster,
  place: [topic: string, partition: number],
  offset: number,
): Promise<void> => {
  if ((await deleteBefore(cluster, place, offset)) === '') return;
  // A new leader may not know yet how far its partition is written, and a moment later "all of it" would be more than was asked for.
  const [topic, partition] = place;
  const end = (await listOffsets(cluster, [topic, [{ partition }]], latest)).get(partition)!;
  await deleteBefore(cluster, place, Math.min(offset, end));
};
