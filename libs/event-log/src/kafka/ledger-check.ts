/** Looks at where Kafka keeps what groups have committed: the ledgers of lanes lie there, and nowhere else. */
import { AppError } from '@sendpool/kernel';
import type { Cluster } from './client.ts';
import { errorOf, typeOf } from './faults.ts';
import type { KafkaLocation } from './location.ts';

const offsetsTopic = '__consumer_offsets';
const leastRetentionDays = 30;
const minutesADay = 24 * 60;

type Kept = { replicas: number; minInsync: number; retentionMinutes: number };
type Values = ReadonlyMap<string, string | null>;

const describe = async (
  cluster: Cluster,
  resource: { type: 2 | 4; name: string },
  configNames: readonly string[],
): Promise<Values> => {
  const ask = { resources: [{ ...resource, configNames }], includeSynonyms: false } as const;
  // Settings of a broker are given by that broker alone.
  const broker = resource.type === 4 ? await cluster.broker(Number(resource.name)) : await cluster.any();
  const [answer] = (await broker.request('DescribeConfigs', ask)).resources;
  const error = errorOf(answer?.errorCode ?? 0);
  if (error !== undefined) throw error;
  return new Map(answer!.configEntries.map((entry) => [entry.configName, entry.configValue]));
};

const readKept = async (cluster: Cluster): Promise<Kept> => {
  const { brokers, topicMetadata } = await cluster.metadata([offsetsTopic]);
  const partitions = topicMetadata.find((one) => one.topic === offsetsTopic)?.partitionMetadata ?? [];
  const names = ['offsets.topic.replication.factor', 'min.insync.replicas', 'offsets.retention.minutes'];
  const standard = await describe(cluster, { type: 4, name: String(brokers[0]!.nodeId) }, names);
  // The topic is made when the first group joins, from the settings of the brokers.
  const own: Values =
    partitions.length === 0
      ? new Map()
      : await describe(cluster, { type: 2, name: offsetsTopic }, ['min.insync.replicas']);
  return {
    replicas:
      partitions.length === 0
        ? Number(standard.get('offsets.topic.replication.factor'))
        : Math.min(...partitions.map((one) => one.replicas.length)),
    minInsync: Number(own.get('min.insync.replicas') ?? standard.get('min.insync.replicas')),
    retentionMinutes: Number(standard.get('offsets.retention.minutes')),
  };
};

/** Throws AppError BAD_CONFIGURATION where an acknowledged commit could be lost with one broker. */
export const judge = (kept: Kept, wanted: Pick<KafkaLocation, 'replication' | 'minInsync'>): string[] => {
  if (kept.replicas < wanted.replication)
    throw new AppError(
      'BAD_CONFIGURATION',
      `Kafka keeps ${kept.replicas} copies of ${offsetsTopic}, where the ledgers lie, not ${wanted.replication}: set offsets.topic.replication.factor before the first start, or reassign its partitions; or lower replication in EVENT_LOG_URL`,
    );
  if (kept.minInsync < wanted.minInsync)
    throw new AppError(
      'BAD_CONFIGURATION',
      `Kafka takes a commit as written with ${kept.minInsync} copies, not ${wanted.minInsync}: run kafka-configs.sh --alter --entity-type topics --entity-name ${offsetsTopic} --add-config min.insync.replicas=${wanted.minInsync}, or set min.insync.replicas of the brokers before the first start; or lower minInsync in EVENT_LOG_URL`,
    );
  if (kept.retentionMinutes >= leastRetentionDays * minutesADay) return [];
  const days = Math.floor(kept.retentionMinutes / minutesADay);
  return [
    `Kafka forgets what a group has committed ${days} days after its last member left, and with it which messages were sent: set offsets.retention.minutes of the brokers to years`,
  ];
};

/** Warnings. Where rights do not allow a look, that is one. */
export const checkLedgerKeeping = async (
  cluster: Cluster,
  wanted: Pick<KafkaLocation, 'replication' | 'minInsync'>,
): Promise<string[]> => {
  let kept: Kept;
  try {
    kept = await readKept(cluster);
  } catch (error) {
    if (!typeOf(error).endsWith('_AUTHORIZATION_FAILED')) throw error;
    return [
      `no right to see how Kafka keeps ${offsetsTopic}: its replicas and offsets.retention.minutes are not checked`,
    ];
  }
  return judge(kept, wanted);
};
