/**
 * Connections to a Kafka cluster. A Cluster has its own TCP connections, one a broker: a request that blocks its connection on the broker
 * (JoinGroup, SyncGroup, a Fetch that waits) holds up nobody who has another Cluster.
 */
import { AppError } from '@sendpool/kernel';
import { openConnection, type Address, type Connection, type ConnectionSettings } from './connection.ts';
import { KafkaError } from './faults.ts';
import type { Metadata } from './protocol.ts';

/** A broker to ask, over the connection that its Cluster has to it. */
export type Broker = Pick<Connection, 'isOpen' | 'request'> & { readonly address: Address };

/** Partition -> node that leads it; -1 while nobody does. */
type Leaders = ReadonlyMap<number, number>;

export type Cluster = {
  /** Of these topics, or all. Errors of topics and partitions are codes in the answer. */
  metadata(topics?: readonly string[]): Promise<Metadata>;
  /** Who leads the partitions of a topic, from memory unless `fresh`. Throws KafkaError UNKNOWN_TOPIC_OR_PARTITION. */
  leaders(topic: string, fresh?: 'FRESH'): Promise<Leaders>;
  /** The connection to this node, opened when there is none. */
  broker(nodeId: number): Promise<Broker>;
  /** Whichever node can be reached. */
  any(): Promise<Broker>;
  /** The node to ask for topics. */
  controller(): Promise<Broker>;
  /** Asks each time who coordinates the group: keep the answer while it `isOpen()` and gives no error. */
  coordinator(group: string): Promise<Broker>;
  isConnected(): boolean;
  /** Throws unless a broker answers in time. */
  ping(deadlineMs: number): Promise<void>;
  /** Ends every connection at once; requests under way fail with CLOSED. */
  close(): void;
};

export type Client = {
  openCluster(): Cluster;
  /** Closes all clusters. */
  close(): void;
};

export type ClientOptions = ConnectionSettings & { bootstrap: readonly Address[] };

/** No topic can have this name; kafkajs takes an empty list for all topics, when only the nodes are wanted. */
const noTopic = ' ';
const retiredMs = 30_000;
const metadataMaxAgeMs = 300_000;
const keyOf = ({ host, port }: Address): string => `${host}:${port}`;

/** One connection for each address, opened once however many ask for it at the same time. */
const createConnections = (settings: ConnectionSettings) => {
  const opening = new Map<string, Promise<Broker>>();
  const open = new Map<string, Connection>();
  const retired = new Set<Connection>();
  let isClosed = false;
  const connect = async (address: Address): Promise<Broker> => {
    const connection = await openConnection(address, settings);
    if (isClosed) connection.close();
    open.set(keyOf(address), connection);
    return { address, isOpen: connection.isOpen, request: connection.request };
  };
  /** What is under way on a connection that has to log in anew may still be answered there. */
  const retire = (key: string): void => {
    const connection = open.get(key);
    if (connection === undefined) return;
    open.delete(key);
    retired.add(connection);
    setTimeout(() => {
      connection.close();
      retired.delete(connection);
    }, retiredMs).unref();
  };
  return {
    to: (address: Address): Promise<Broker> => {
      const key = keyOf(address);
      if (isClosed) return Promise.reject(new KafkaError('CLOSED', 'the event log is closed', { passes: true }));
      const current = opening.get(key);
      if (current !== undefined && open.get(key)?.isOpen() !== false) return current;
      retire(key);
      const made = connect(address);
      opening.set(key, made);
      made.catch(() => opening.get(key) === made && opening.delete(key));
      return made;
    },
    isOpen: (address: Address): boolean => open.get(keyOf(address))?.isOpen() === true,
    hasOpen: (): boolean => open.values().some((connection) => connection.isOpen()),
    close: (): void => {
      isClosed = true;
      for (const connection of [...open.values(), ...retired]) connection.close();
    },
  };
};

const leadersOf = ({ topicMetadata }: Metadata, topic: string): Leaders => {
  const found = topicMetadata.find((one) => one.topic === topic && one.partitionMetadata.length > 0);
  if (found === undefined)
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${topic}`, { passes: true });
  return new Map(found.partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader]));
};

const createCluster = (options: ClientOptions): Cluster => {
  const connections = createConnections(options);
  const nodes = new Map<number, Address>();
  const known = new Map<string, { leaders: Leaders; until: number }>();
  let controllerId = -1;
  let turn = Math.floor(Math.random() * options.bootstrap.length);
  const any = async (): Promise<Broker> => {
    const addresses = [...nodes.values(), ...options.bootstrap];
    const open = addresses.find((address) => connections.isOpen(address));
    if (open !== undefined) return connections.to(open);
    let fault: unknown;
    for (let tries = addresses.length; tries > 0; tries--) {
      try {
        return await connections.to(addresses[turn++ % addresses.length]!);
      } catch (error) {
        fault = error;
        if (error instanceof AppError) break;
      }
    }
    throw fault;
  };
  const metadata = async (topics: readonly string[] = []): Promise<Metadata> => {
    const found = await (await any()).request('Metadata', { topics, allowAutoTopicCreation: false });
    ({ controllerId } = found);
    nodes.clear();
    for (const { nodeId, host, port } of found.brokers) nodes.set(nodeId, { host, port });
    return found;
  };
  const broker = async (nodeId: number): Promise<Broker> => {
    if (!nodes.has(nodeId)) await metadata([noTopic]);
    const address = nodes.get(nodeId);
    if (address === undefined)
      throw new KafkaError('BROKER_NOT_AVAILABLE', `Kafka has no node ${nodeId} now`, { passes: true });
    return connections.to(address);
  };
  return {
    metadata,
    broker,
    any,
    leaders: async (topic, fresh) => {
      const now = performance.now();
      const before = known.get(topic);
      if (fresh === undefined && before !== undefined && before.until > now) return before.leaders;
      const leaders = leadersOf(await metadata([topic]), topic);
      known.set(topic, { leaders, until: now + metadataMaxAgeMs });
      return leaders;
    },
    controller: async () => {
      await metadata([noTopic]);
      return nodes.has(controllerId) ? broker(controllerId) : any();
    },
    coordinator: async (groupId) => {
      const { coordinator } = await (await any()).request('GroupCoordinator', { groupId });
      nodes.set(coordinator.nodeId, { host: coordinator.host, port: coordinator.port });
      return broker(coordinator.nodeId);
    },
    isConnected: connections.hasOpen,
    ping: async (deadlineMs) => {
      await (await any()).request('Metadata', { topics: [noTopic], allowAutoTopicCreation: false }, deadlineMs);
    },
    close: connections.close,
  };
};

/** Connects nowhere by itself. */
export const createClient = (options: ClientOptions): Client => {
  const clusters = new Set<Cluster>();
  return {
    openCluster: () => {
      const cluster = createCluster(options);
      clusters.add(cluster);
      const { close } = cluster;
      cluster.close = () => {
        clusters.delete(cluster);
        close();
      };
      return cluster;
    },
    close: () => {
      for (const cluster of clusters) cluster.close();
    },
  };
};
