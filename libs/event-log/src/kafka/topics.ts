/** The topics that exist and their partitions; makes and grows them. */
import { AppError, sleep } from '@sendpool/kernel';
import type { TopicSpec } from '../port.ts';
import type { Cluster } from './client.ts';
import { errorOf, typeOf } from './faults.ts';
import type { KafkaLocation } from './location.ts';
import type { Setting } from './protocol.ts';
import { forCaller, persist } from './retrying.ts';
import { newSettings, policyOf, retentionSettings } from './topic-settings.ts';

export type Topic = { name: string; partitions: number; compacted: boolean };

export type Topics = {
  ensure(specs: readonly TopicSpec[]): Promise<void>;
  /** Throws AppError NOT_FOUND. `atLeast`: looks again when fewer partitions are known. */
  find(name: string, atLeast?: number): Promise<Topic>;
};

export type TopicsDeps = {
  cluster: Cluster;
  location: Pick<KafkaLocation, 'replication' | 'minInsync'>;
  log(message: string): void;
};

const createMs = 10_000;
const visibleMs = 15_000;
const pollMs = 50;
/** How long a topic may be unknown to one broker after another has made it. */
const missingTries = 4;

/** Undefined when there is none. `settings`: those that were asked for. */
type Found = { partitions: number; replicas: number; settings: ReadonlyMap<string, string | null> } | undefined;

const countPartitions = async (
  { cluster }: TopicsDeps,
  name: string,
): Promise<{ partitions: number; replicas: number }> => {
  const { topicMetadata } = await cluster.metadata([name]);
  const found = topicMetadata.find((one) => one.topic === name);
  const error = errorOf(found?.topicErrorCode ?? 0);
  if (error !== undefined && error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  const partitions = found?.partitionMetadata ?? [];
  return { partitions: partitions.length, replicas: Math.min(...partitions.map((one) => one.replicas.length)) };
};

const readSettings = async (
  { cluster }: TopicsDeps,
  name: string,
  configNames: readonly string[],
): Promise<ReadonlyMap<string, string | null>> => {
  const resources = [{ type: 2, name, configNames }] as const;
  const answer = await (await cluster.any()).request('DescribeConfigs', { resources, includeSynonyms: false });
  const error = errorOf(answer.resources[0]?.errorCode ?? 0);
  if (error !== undefined) throw error;
  return new Map(answer.resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]));
};

const look = async (deps: TopicsDeps, name: string, configNames: readonly string[]): Promise<Found> => {
  const count = await countPartitions(deps, name);
  return count.partitions === 0 ? undefined : { ...count, settings: await readSettings(deps, name, configNames) };
};

/** Waits until the brokers know of it: they hear of a new topic some time after it was made. */
const waitForPartitions = async (deps: TopicsDeps, name: string, atLeast: number): Promise<void> => {
  const deadline = performance.now() + visibleMs;
  for (;;) {
    const leaders = await deps.cluster.leaders(name, 'FRESH').catch(() => new Map<number, number>());
    if (leaders.size >= atLeast && !leaders.values().some((leader) => leader < 0)) return;
    if (performance.now() > deadline)
      throw new AppError('UNAVAILABLE', `${name} has no leaders yet`, { retriable: true });
    await sleep(pollMs);
  }
};

const create = async (deps: TopicsDeps, spec: TopicSpec): Promise<void> => {
  const { replication, minInsync } = deps.location;
  const configEntries = newSettings(spec, minInsync);
  const topic = { topic: spec.name, numPartitions: spec.partitions, replicationFactor: replication, configEntries };
  const controller = await deps.cluster.controller();
  const answer = await controller.request('CreateTopics', { topics: [topic], validateOnly: false, timeout: createMs });
  const [result] = answer.topicErrors;
  const error = errorOf(result?.errorCode ?? 0);
  // Another process was first.
  if (error === undefined || error.type === 'TOPIC_ALREADY_EXISTS') return;
  if (error.type !== 'INVALID_REPLICATION_FACTOR') throw error;
  throw new AppError(
    'BAD_CONFIGURATION',
    `Kafka cannot keep ${replication} copies of ${spec.name} (${result?.errorMessage ?? 'too few brokers'}); start more brokers, or lower replication and minInsync in EVENT_LOG_URL (…?replication=1&minInsync=1 for a single broker)`,
  );
};

const grow = async ({ cluster }: TopicsDeps, { name: topic, partitions: count }: TopicSpec): Promise<void> => {
  const ask = { topicPartitions: [{ topic, count }], validateOnly: false, timeout: createMs };
  const answer = await (await cluster.controller()).request('CreatePartitions', ask);
  const error = errorOf(answer.topicErrors[0]?.errorCode ?? 0);
  // INVALID_PARTITIONS: another process has made it as large or larger.
  if (error !== undefined && error.type !== 'INVALID_PARTITIONS') throw error;
};

const changed = (wanted: readonly Setting[], found: ReadonlyMap<string, string | null>): Setting[] =>
  wanted.filter(({ name, value }) => found.get(name) !== value);

const adapt = async (deps: TopicsDeps, spec: TopicSpec, found: NonNullable<Found>): Promise<void> => {
  const { name } = spec;
  if (found.settings.get('cleanup.policy') !== policyOf(spec))
    throw new AppError('CONFLICT', `${name} exists with another cleanup`);
  const { replication, minInsync } = deps.location;
  if (found.replicas < replication) deps.log(`${name} has ${found.replicas} replicas, not ${replication}`);
  const insync = Number(found.settings.get('min.insync.replicas'));
  if (insync < minInsync) deps.log(`${name} has min.insync.replicas ${insync}, not ${minInsync}`);
  if (found.partitions < spec.partitions) await grow(deps, spec);
  const settings = changed(retentionSettings(spec), found.settings);
  if (settings.length > 0)
    await (await deps.cluster.controller()).request('AlterTopicSettings', { topic: name, settings });
};

const ensureOne = async (deps: TopicsDeps, spec: TopicSpec): Promise<void> => {
  if (spec.cleanup === 'COMPACTED' && spec.partitions !== 1)
    throw new AppError('BAD_INPUT', `${spec.name}: a compacted topic has one partition`);
  const names = ['cleanup.policy', 'min.insync.replicas', ...retentionSettings(spec).map((one) => one.name)];
  const found = await look(deps, spec.name, names);
  if (found !== undefined) await adapt(deps, spec, found);
  else await create(deps, spec);
  await waitForPartitions(deps, spec.name, spec.partitions);
};

const findAtLast = (deps: TopicsDeps, name: string): Promise<Topic> =>
  persist(async (attempt) => {
    const found = await look(deps, name, ['cleanup.policy']).catch((error: unknown) => {
      if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    });
    if (found !== undefined) {
      const compacted = found.settings.get('cleanup.policy') === 'compact';
      return { name, partitions: found.partitions, compacted };
    }
    if (attempt >= missingTries) throw new AppError('NOT_FOUND', `there is no topic ${name}`);
    throw errorOf(3);
  }, forCaller);

export const createTopics = (deps: TopicsDeps): Topics => {
  const known = new Map<string, Topic>();
  return {
    find: async (name, atLeast = 0) => {
      const before = known.get(name);
      if (before !== undefined && before.partitions >= atLeast) return before;
      const topic = await findAtLast(deps, name);
      known.set(name, topic);
      if (topic.partitions >= atLeast) return topic;
      throw new AppError('BAD_INPUT', `${name} has ${topic.partitions} partitions, not ${atLeast}`);
    },
    ensure: async (specs) => {
      for (const spec of specs) await persist(() => ensureOne(deps, spec), forCaller);
    },
  };
};
