/** Asks the leaders of a topic's partitions, each for those that it leads. */
import type { Broker, Cluster } from './client.ts';
import { errorOf, isStale, KafkaError } from './faults.ts';

export type Led<T> = { nodeId: number; parts: T[] };

/** Groups parts of a topic by who leads their partition. Throws KafkaError LEADER_NOT_AVAILABLE, or UNKNOWN_TOPIC_OR_PARTITION. */
export const byLeader = async <T extends { partition: number }>(
  cluster: Cluster,
  [topic, fresh]: [topic: string, fresh: 'FRESH' | undefined],
  parts: readonly T[],
): Promise<Led<T>[]> => {
  const leaders = await cluster.leaders(topic, fresh);
  const groups = Map.groupBy(parts, ({ partition }) => leaders.get(partition) ?? -2);
  const [missing] = groups.get(-2) ?? [];
  if (missing !== undefined)
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} has no partition ${missing.partition}`, {
      passes: true,
    });
  const [lonely] = groups.get(-1) ?? [];
  if (lonely !== undefined) throw errorOf(5)!;
  return [...groups].map(([nodeId, led]) => ({ nodeId, parts: led }));
};

/** Runs `ask` at each leader at the same time, on leaders read anew when those known turn out to be others. */
export const atLeaders = async <T extends { partition: number }, R>(
  cluster: Cluster,
  [topic, parts]: [topic: string, parts: readonly T[]],
  ask: (broker: Broker, parts: readonly T[]) => Promise<R>,
): Promise<R[]> => {
  const askAll = async (fresh?: 'FRESH'): Promise<R[]> => {
    const groups = await byLeader(cluster, [topic, fresh], parts);
    return Promise.all(groups.map(async (group) => ask(await cluster.broker(group.nodeId), group.parts)));
  };
  try {
    return await askAll();
  } catch (error) {
    if (!isStale(error)) throw error;
    return askAll('FRESH');
  }
};
