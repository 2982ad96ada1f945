/**
 * Appends what is published to a topic: one batch a partition and request, acknowledged by all replicas in sync, under an identity and
 * numbers of its own (the idempotent producer of Kafka, KIP-98): a batch that is sent again after a lost answer, or that arrives late,
 * lies in the log once and in its place. One batch of a partition is under way.
 */
import { AppError } from '@sendpool/kernel';
import { checkRecords, createAppendQueue, partitionsFor, type Appender, type Waiting } from '../append-queue.ts';
import type { NewRecord } from '../port.ts';
import type { Cluster } from './client.ts';
import { errorOf, faultOf, isStale, KafkaError } from './faults.ts';
import { byLeader } from './partitions.ts';
import { encodeBatch, sizeOf } from './records.ts';
import { persist } from './retrying.ts';
import type { Topic } from './topics.ts';

/** Bytes of a batch, about; a larger record gets a batch of its own. */
const maxBatchSize = 900_000;
/** How long a leader may wait for the other replicas, and we for its answer: sending again is safe. */
const ackMs = 5000;
const answerMs = 8000;

export type AppenderDeps = {
  cluster: Cluster;
  /** The topic, once it has so many partitions. Throws AppError NOT_FOUND or BAD_INPUT. */
  findTopic(partitions: number): Promise<Topic>;
};

/** Batches of each partition, in order. */
export const batchesOf = (records: readonly NewRecord[]): Map<number, NewRecord[][]> => {
  const sizes = new Map<number, number>();
  const batches = new Map<number, NewRecord[][]>();
  for (const record of records) {
    const { partition } = record;
    const size = sizeOf(record);
    const before = sizes.get(partition) ?? 0;
    const isNew = before === 0 || before + size > maxBatchSize;
    const lists = batches.get(partition) ?? [];
    if (isNew) lists.push([record]);
    else lists.at(-1)!.push(record);
    batches.set(partition, lists);
    sizes.set(partition, isNew ? size : before + size);
  }
  return batches;
};

/** The numbers under which this process appends to one topic. A new identity begins all of them anew. */
type Identity = { producerId: bigint; epoch: number; next: Map<number, number> };

type Batch = { partition: number; records: NewRecord[] };
type Sent = { batch: Batch; error: KafkaError | undefined };

/** The broker remembers nothing of this identity, or something else: only a new one can go on. */
const lostIdentity = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);
/** The batch lies in the log already. */
const isStored = (error: KafkaError | undefined): boolean =>
  error === undefined || error.type === 'DUPLICATE_SEQUENCE_NUMBER';

const takeIdentity = async (cluster: Cluster): Promise<Identity> => {
  const ask = { transactionalId: null, transactionTimeout: 60_000 };
  const { producerId, producerEpoch } = await (await cluster.any()).request('InitProducerId', ask);
  return { producerId: BigInt(producerId), epoch: producerEpoch, next: new Map() };
};

const encode = ({ partition, records }: Batch, { producerId, epoch, next }: Identity) => {
  const sequence = { producerId, epoch, first: next.get(partition) ?? 0 };
  return { partition, batches: encodeBatch(records, sequence, Date.now()) };
};

/** Sends batches to one leader; a request that fails fails each of them. */
const sendTo = async (
  [cluster, nodeId]: [Cluster, number],
  topic: string,
  work: { batches: readonly Batch[]; identity: Identity },
): Promise<Sent[]> => {
  try {
    const broker = await cluster.broker(nodeId);
    const partitions = work.batches.map((batch) => encode(batch, work.identity));
    const answer = await broker.request('Produce', { topic, partitions, timeoutMs: ackMs }, answerMs);
    const codes = new Map(answer.topics[0]!.partitions.map((one) => [one.partition, one.errorCode]));
    return work.batches.map((batch) => ({ batch, error: errorOf(codes.get(batch.partition) ?? -1) }));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return work.batches.map((batch) => ({ batch, error }));
  }
};

const followingSequence = (first: number, count: number): number => (first + count) % 2 ** 31;

type State = { identity: Identity | undefined; isStale: boolean };

/** Sends what has not been stored; gives what is left of it, with the fault. */
const sendOnce = async (
  { cluster }: AppenderDeps,
  topic: string,
  [state, batches]: [State, readonly Batch[]],
): Promise<Sent[]> => {
  const identity = (state.identity ??= await takeIdentity(cluster));
  const groups = await byLeader(cluster, [topic, state.isStale ? 'FRESH' : undefined], batches);
  state.isStale = false;
  const work = groups.map(({ nodeId, parts }) => sendTo([cluster, nodeId], topic, { batches: parts, identity }));
  const sent = (await Promise.all(work)).flat();
  for (const { batch, error } of sent) {
    const { partition, records } = batch;
    if (isStored(error))
      identity.next.set(partition, followingSequence(identity.next.get(partition) ?? 0, records.length));
  }
  return sent.filter(({ error }) => !isStored(error));
};

/** Stores one batch of each partition, however often it takes. */
const storeAll = async (
  deps: AppenderDeps,
  topic: string,
  [state, batches, stop]: [State, Batch[], AbortSignal],
): Promise<void> => {
  let rest: readonly Batch[] = batches;
  await persist(
    async () => {
      const failed = await sendOnce(deps, topic, [state, rest]).catch((error: unknown) => {
        state.isStale = true;
        throw error;
      });
      rest = failed.map(({ batch }) => batch);
      const lost = failed.find(({ error }) => lostIdentity.has(error!.type));
      if (lost !== undefined) {
        state.identity = undefined;
        throw new KafkaError(lost.error!.type, lost.error!.message, { passes: true });
      }
      const worst = failed.find(({ error }) => !error!.passes) ?? failed[0];
      state.isStale = failed.some(({ error }) => isStale(error));
      if (worst !== undefined) throw worst.error!;
    },
    { stop },
  );
};

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

const asFault = (error: unknown): unknown => {
  const cause = error instanceof AppError ? error.cause : error;
  return cause instanceof KafkaError && tooLarge.has(cause.type)
    ? new AppError('BAD_INPUT', `Kafka refuses a record: ${cause.message}`, { cause })
    : faultOf(error);
};

/** Batch after batch of each partition: the second is sent when the first of all partitions is stored. */
const store = async (
  deps: AppenderDeps,
  topic: Topic,
  [state, records, stop]: [State, readonly NewRecord[], AbortSignal],
): Promise<void> => {
  const batches = batchesOf(records);
  const rounds = Math.max(...batches.values().map((lists) => lists.length));
  for (let round = 0; round < rounds; round++) {
    const now = [...batches].flatMap(([partition, lists]) =>
      round < lists.length ? [{ partition, records: lists[round]! }] : [],
    );
    await storeAll(deps, topic.name, [state, now, stop]);
  }
};

const topicFor = async ({ findTopic }: AppenderDeps, records: readonly NewRecord[]): Promise<Topic> => {
  const topic = await findTopic(partitionsFor(records));
  checkRecords(topic, records);
  return topic;
};

const appendGroup = async (
  deps: AppenderDeps,
  state: State,
  [group, stop]: [readonly Waiting[], AbortSignal],
): Promise<void> => {
  let topic: Topic | undefined;
  const sound: Waiting[] = [];
  for (const waiting of group) {
    try {
      topic = await persist(() => topicFor(deps, waiting.records), { stop });
      sound.push(waiting);
    } catch (error) {
      waiting.reject(error);
    }
  }
  if (topic === undefined || sound.length === 0) return;
  const records = sound.length === 1 ? sound[0]!.records : sound.flatMap((waiting) => waiting.records);
  try {
    await store(deps, topic, [state, records, stop]);
    for (const { resolve } of sound) resolve();
  } catch (error) {
    // It may lie in the log or not: the next batch must not go out under its number.
    state.identity = undefined;
    for (const { reject } of sound) reject(asFault(error));
  }
};

/** Appends to one topic. */
export const createAppender = (deps: AppenderDeps): Appender => {
  const state: State = { identity: undefined, isStale: false };
  return createAppendQueue((group, stop) => appendGroup(deps, state, [group, stop]));
};
