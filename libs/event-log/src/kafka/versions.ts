/** Which versions of each request are spoken, and whether a broker still and already understands them. */
import { AppError } from '@sendpool/kernel';
import { apiKeys, versionsOf, type ApiVersions } from './kafkajs.ts';
import type { RequestName } from './protocol.ts';

/** Requests with encoders of our own have one version each, and a key where kafkajs does not know the name. */
const own: Readonly<Record<string, { key: number; version: number }>> = {
  Fetch: { key: 1, version: 11 },
  Produce: { key: 0, version: 7 },
  AlterTopicSettings: { key: 44, version: 0 },
};

/** Record, so that the compiler holds this list and the requests together. ApiVersions is how the others are learnt. */
const used: Readonly<Record<Exclude<RequestName, 'ApiVersions'>, true>> = {
  Produce: true,
  InitProducerId: true,
  Fetch: true,
  ListOffsets: true,
  Metadata: true,
  OffsetCommit: true,
  OffsetFetch: true,
  GroupCoordinator: true,
  JoinGroup: true,
  SyncGroup: true,
  Heartbeat: true,
  LeaveGroup: true,
  CreateTopics: true,
  CreatePartitions: true,
  DescribeConfigs: true,
  DeleteRecords: true,
  AlterTopicSettings: true,
};
/** The shapes in protocol.ts are those of these versions and later. */
const atLeast: Readonly<Record<string, number>> = {
  ListOffsets: 1,
  Metadata: 5,
  OffsetFetch: 2,
  JoinGroup: 5,
  LeaveGroup: 3,
  CreateTopics: 1,
  DescribeConfigs: 1,
};

type Range = { key: number; min: number; max: number };

const spoken = (name: string): Range => {
  const mine = own[name];
  if (mine !== undefined) return { key: mine.key, min: mine.version, max: mine.version };
  const versions = versionsOf(name);
  return { key: apiKeys[name]!, min: Math.max(versions[0]!, atLeast[name] ?? 0), max: versions.at(-1)! };
};
const ranges = new Map(Object.keys(used).map((name) => [name, spoken(name)]));

/** The newest version that both sides know. */
export const bestVersion = (name: string, versions: ApiVersions): number => {
  const { key, max } = ranges.get(name)!;
  return Math.min(max, versions[key]?.maxVersion ?? max);
};

const advice = 'use a broker from 2.4 to 4.x, or a newer Sendpool';

/** Of a broker that does not even say in our way what it understands. */
export const foreignVersions = (cause: unknown): AppError =>
  new AppError('BAD_CONFIGURATION', `this Kafka broker is of another time than Sendpool; ${advice}`, { cause });

/** Throws AppError BAD_CONFIGURATION that names each request that this broker no longer or not yet understands. */
export const checkVersions = (versions: ApiVersions): void => {
  const faults: string[] = [];
  for (const [name, { key, min, max }] of ranges) {
    const theirs = versions[key];
    if (theirs === undefined) faults.push(`${name} is unknown to it`);
    else if (theirs.minVersion > max || theirs.maxVersion < min)
      faults.push(`${name}: it speaks ${theirs.minVersion} to ${theirs.maxVersion}, Sendpool ${min} to ${max}`);
  }
  if (faults.length === 0) return;
  throw new AppError(
    'BAD_CONFIGURATION',
    `this Kafka broker does not understand Sendpool (${faults.join('; ')}); ${advice}`,
  );
};
