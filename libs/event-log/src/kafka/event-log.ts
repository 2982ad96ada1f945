/** The event log on Kafka, put together: connections for single requests, and connections of their own for appends, each follower and each consumer. */
import { AppError, isAppError, sleep } from '@sendpool/kernel';
import type { KeptFollower } from '../following.ts';
import { createKeeper, createPublisher, translating, warn } from '../parts.ts';
import type { EventLog, StoredRecord, TailOptions } from '../port.ts';
import { createTail, type KeptTail } from '../tail.ts';
import { createAppender } from './appender.ts';
import { createClient, type Client, type Cluster } from './client.ts';
import type { ConnectionSettings } from './connection.ts';
import { faultOf } from './faults.ts';
import { createFollower } from './follower.ts';
import { openConsumer, type GroupDeps } from './groups.ts';
import { checkLedgerKeeping } from './ledger-check.ts';
import { parseLocation } from './location.ts';
import { createMemberMemory } from './member-memory.ts';
import { readBounds, readLag, trim } from './offsets.ts';
import { createReader, readFrom } from './reader.ts';
import { forCaller, persist } from './retrying.ts';
import { createTopics, type Topics } from './topics.ts';

export type KafkaEventLogOptions = Pick<ConnectionSettings, 'applicationName' | 'route'> & {
  url: string;
  /** A folder of this process alone that outlives it; see member-memory.ts. */
  stateFolder?: string | undefined;
  /** Told what an operator should change. */
  onWarning?: (message: string) => void;
};

type Core = { client: Client; cluster: Cluster; topics: Topics; onWarning(message: string): void };

const pingMs = 3000;
const pingDeadlineMs = 5000;
/** The broker answers a read at once when there are records. */
const waitMs = 1000;
/** A partition that was paused or had enough is not asked for; it is to come back soon. Measured idle with one paused: 2.4 % of a core at 20 ms. */
const partialWaitMs = 100;

const translated = translating(faultOf);

const openReader =
  ({ client }: Core): GroupDeps['openReader'] =>
  (topic) => {
    const cluster = client.openCluster();
    const reader = createReader(cluster, topic);
    const seen = new Set<number>();
    return {
      read: (wanted) => {
        for (const { partition } of wanted) seen.add(partition);
        return reader.read(wanted, wanted.length < seen.size ? partialWaitMs : waitMs);
      },
      close: cluster.close,
    };
  };

const follow = async (
  { client, cluster, topics, onWarning }: Core,
  name: string,
  onRecord: (record: StoredRecord) => void | Promise<void>,
): Promise<KeptFollower> => {
  const topic = await topics.find(name);
  if (!topic.compacted) throw new AppError('BAD_INPUT', `${name} is not compacted`);
  const connections = client.openCluster();
  return createFollower({
    topic: name,
    onWarning,
    reader: createReader(connections, name),
    readEnd: async () => (await readBounds(cluster, topic))[0]!.next,
    onRecord,
    close: connections.close,
  });
};

const tail = async ({ client, cluster, topics, onWarning }: Core, options: TailOptions): Promise<KeptTail> => {
  const topic = await topics.find(options.topic);
  if (topic.compacted) throw new AppError('BAD_INPUT', `${topic.name} is compacted`);
  const connections = client.openCluster();
  const reader = createReader(connections, topic.name);
  return createTail({
    ...options,
    onWarning,
    bounds: async () => {
      // The topic may have grown.
      const partitions = (await cluster.leaders(topic.name, 'FRESH')).size;
      return readBounds(cluster, { ...topic, partitions });
    },
    read: (wanted) => reader.read(wanted, waitMs),
    wake: connections.close,
  });
};

/** Asks a broker for something small every few seconds. */
const watchReadiness = (cluster: Cluster, stop: AbortSignal): (() => boolean) => {
  let isReady = true;
  const watch = async (): Promise<void> => {
    while (!stop.aborted) {
      await sleep(pingMs, stop);
      isReady = await cluster.ping(pingDeadlineMs).then(
        () => true,
        () => false,
      );
    }
  };
  void watch();
  return () => isReady && !stop.aborted;
};

const groupDeps = (core: Core, stateFolder: string | undefined): GroupDeps => ({
  client: core.client,
  memory: createMemberMemory(stateFolder),
  countPartitions: async (name) => (await core.cluster.leaders(name, 'FRESH')).size,
  openReader: openReader(core),
  ends: async (name) => {
    const bounds = await readBounds(core.cluster, await core.topics.find(name));
    return new Map(bounds.map(({ partition, next }) => [partition, next]));
  },
});

/** A broker that wants TLS or a log-in hangs up without a word. */
const explained = (error: unknown): unknown => {
  if (!isAppError(error, 'UNAVAILABLE') || !error.message.includes('Closed connection')) return error;
  const hint = 'does it want TLS (tls=true) or a log-in (sasl=…)?';
  return new AppError('UNAVAILABLE', `${error.message}: ${hint}`, { retriable: true, cause: error });
};

/** Throws AppError BAD_CONFIGURATION, or UNAVAILABLE when no broker can be reached. */
export const createKafkaEventLog = async (options: KafkaEventLogOptions): Promise<EventLog> => {
  const { onWarning = warn } = options;
  const location = parseLocation(options.url);
  const client = createClient({ ...options, ...location });
  const cluster = client.openCluster();
  const begin = (): Promise<string[]> => checkLedgerKeeping(cluster, location);
  const warnings = await persist(begin, { atMost: 3 }).catch((error: unknown) => {
    client.close();
    throw explained(error);
  });
  for (const warning of warnings) onWarning(warning);
  const topics = createTopics({ cluster, location, log: onWarning });
  const core: Core = { client, cluster, topics, onWarning };
  const stop = new AbortController();
  const appends = client.openCluster();
  const publisher = createPublisher((name) =>
    createAppender({ cluster: appends, findTopic: (partitions) => topics.find(name, partitions) }),
  );
  const groups = groupDeps(core, options.stateFolder);
  const keeper = createKeeper();
  const answers = watchReadiness(cluster, stop.signal);
  const asked = <T>(work: () => Promise<T>): Promise<T> => persist(work, { ...forCaller, stop: stop.signal });
  return {
    ensureTopics: translated(topics.ensure),
    publish: translated(publisher.publish),
    consume: translated(async (wanted) => {
      await topics.find(wanted.topic);
      return keeper.keep(openConsumer(groups, wanted));
    }),
    follow: translated(async (name, onRecord) => keeper.keep(await follow(core, name, onRecord))),
    tail: translated(async (wanted) => keeper.keep(await tail(core, wanted))),
    read: translated(async (name, partition, offset, max) => {
      await topics.find(name, partition + 1);
      return asked(() => readFrom(cluster, [name, partition, offset], max));
    }),
    bounds: translated(async (name) => {
      const topic = await topics.find(name);
      return asked(() => readBounds(cluster, topic));
    }),
    lag: translated(async (name, group) => {
      const topic = await topics.find(name);
      return asked(() => readLag(cluster, topic, group));
    }),
    trim: translated(async (name, partition, offset) => {
      await topics.find(name, partition + 1);
      return asked(() => trim(cluster, [name, partition], offset));
    }),
    isReady: () => answers() && keeper.goesOn(),
    close: async () => {
      await keeper.closeAll();
      await publisher.close();
      stop.abort();
      client.close();
    },
  };
};
