/** The settings of a single KRaft node for tests and development: small, quick to start. */

export type Ports = { port: number; controllerPort: number };

/** Ten years: the ledgers of the lanes live in the offsets of a group that may stand empty for long. */
const offsetsRetentionMinutes = 10 * 365 * 24 * 60;

const one = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '1']));

/** As lines of server.properties; `more` adds to them and wins. */
export const brokerSettings = (
  { port, controllerPort }: Ports,
  folder: string,
  more: Readonly<Record<string, string>>,
): string => {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': folder,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '4',
    'offsets.retention.minutes': String(offsetsRetentionMinutes),
    // The active segment is never compacted, and a new coordinator reads all of it.
    'offsets.topic.segment.bytes': String(8 * 1024 * 1024),
    ...one('num.partitions', 'offsets.topic.replication.factor', 'num.recovery.threads.per.data.dir'),
    ...one('transaction.state.log.num.partitions', 'transaction.state.log.replication.factor'),
    ...one('transaction.state.log.min.isr', 'share.coordinator.state.topic.num.partitions'),
    ...one('share.coordinator.state.topic.replication.factor', 'share.coordinator.state.topic.min.isr'),
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
