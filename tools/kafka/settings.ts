/** The settings of a KRaft node for tests and development, alone or one of several: small, quick to start. */

/** `controllers`: the controller ports of all nodes, by their ids, which count from 1. */
export type KafkaNode = { id: number; port: number; controllers: readonly number[] };

/** Ten years: the ledgers of the lanes live in the offsets of a group that may stand empty for long. */
const offsetsRetentionMinutes = 10 * 365 * 24 * 60;

/** A single broker keeps one copy of everything; of several, two have a record before it counts as written. */
export const copiesOn = (nodes: number): { replication: number; minInsync: number } => ({
  replication: Math.min(3, nodes),
  minInsync: Math.min(2, nodes),
});

const all = (value: number, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, String(value)]));

/** As lines of server.properties; `more` adds to them and wins. */
export const brokerSettings = (
  { id, port, controllers }: KafkaNode,
  folder: string,
  more: Readonly<Record<string, string>>,
): string => {
  const { replication, minInsync } = copiesOn(controllers.length);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': controllers.map((one, index) => `${index + 1}@127.0.0.1:${one}`).join(),
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllers[id - 1]}`,
    'advertised.listeners': `CLIENTS://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'log.dirs': folder,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '4',
    'offsets.retention.minutes': String(offsetsRetentionMinutes),
    // The active segment is never compacted, and a new coordinator reads all of it.
    'offsets.topic.segment.bytes': String(8 * 1024 * 1024),
    ...all(replication, 'offsets.topic.replication.factor', 'transaction.state.log.replication.factor'),
    ...all(replication, 'share.coordinator.state.topic.replication.factor'),
    ...all(minInsync, 'min.insync.replicas', 'transaction.state.log.min.isr', 'share.coordinator.state.topic.min.isr'),
    ...all(1, 'num.partitions', 'num.recovery.threads.per.data.dir', 'transaction.state.log.num.partitions'),
    ...all(1, 'share.coordinator.state.topic.num.partitions'),
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'log.cleaner.dedupe.buffer.size': String(2 * 1024 * 1024),
    'log.cleaner.threads': '1',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'background.threads': '2',
    // A broker that was killed can be registered again only when its old session is over.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...more,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};
