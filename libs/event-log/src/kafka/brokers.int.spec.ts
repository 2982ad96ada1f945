/** Three brokers, of which one ends: the leader of a partition, the coordinator of the group. Then it comes back. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBrokers, type BrokerCluster } from '../../../../tools/kafka/cluster.ts';
import { whyNoBroker } from '../../../../tools/kafka/jars.ts';
import { groupOf, isEnded, lastEpoch, makeTopic, record, textOf, until, type Watched } from '../conformance/probe.ts';
import { createLink } from '../conformance/index.ts';
import type { EventLog } from '../port.ts';
import { createClient, type Cluster } from './client.ts';
import type { Address } from './connection.ts';
import { createCoordinator } from './coordinator.ts';
import { createKafkaEventLog } from './event-log.ts';
import { typeOf } from './faults.ts';
import { parseLocation } from './location.ts';
import { readFrom } from './reader.ts';
import { join, numbersOf, startWriting, type Group } from './testing-numbers.ts';

const ids = [1, 2, 3];
const partitions = [0, 1, 2];
const settleMs = 60_000;

let brokers: BrokerCluster;
let cluster: Cluster;
let client: ReturnType<typeof createClient>;

const untilSettled = (what: string, isTrue: Parameters<typeof until>[1]): Promise<void> =>
  until(what, isTrue, settleMs);

const leaderOf = async (topic: string, partition: number): Promise<number> =>
  (await cluster.leaders(topic, 'FRESH')).get(partition)!;

const coordinatorOf = async (topic: string): Promise<number> =>
  (await (await cluster.any()).request('GroupCoordinator', { groupId: groupOf(topic) })).coordinator.nodeId;

/** All brokers have all records of these topics. */
const isWhole = async (topics: readonly string[]): Promise<boolean> => {
  const { topicMetadata } = await cluster.metadata(topics);
  const all = topicMetadata.flatMap((topic) => topic.partitionMetadata);
  return all.length > topics.length && all.every(({ isr }) => isr.length === ids.length);
};

/** What one broker has of a partition, whether it leads it or follows. */
const copyAt = async (id: number, topic: string, partition: number): Promise<number[]> => {
  const alone = { ...cluster, leaders: async () => new Map([[partition, id]]) };
  return numbersOf(await readFrom(alone, [topic, partition, 0], 100_000));
};

/** Of the numbers 0 to n - 1 those that lie in this partition. */
const expectedIn = (partition: number, n: number): number[] =>
  Array.from({ length: n }, (_, number) => number).filter((number) => number % partitions.length === partition);

type Scene = AsyncDisposable & {
  log: EventLog;
  group: Group;
  member: Watched;
  /** Waits until records that are appended from now on have been settled in every partition. */
  goesOn(): Promise<void>;
  /** Ends the appends; how many there are, all of them acknowledged. */
  stopWriting(): Promise<number>;
};

type Route = (address: Address) => Address;

const connect = async (route: Route = (address) => address): Promise<{ log: EventLog } & AsyncDisposable> => {
  const options = { url: brokers.url, applicationName: 'brokers spec', onWarning: () => undefined, route };
  const log = await createKafkaEventLog(options);
  return { log, [Symbol.asyncDispose]: log.close };
};

/** A topic that is written to all the time, and a member of a group that settles what it reads. */
const openScene = async (): Promise<Scene> => {
  const { log } = await connect();
  const topic = await makeTopic({ log }, { partitions: partitions.length });
  const group: Group = { topic, seen: [], acknowledged: new Map(), stale: [] };
  const member = await join(log, group);
  const writer = startWriting(log, [topic, partitions.length]);
  const goesOn = async (): Promise<void> => {
    const from = writer.count();
    const isPast = (partition: number): boolean => (group.acknowledged.get(partition) ?? -1) >= from;
    await untilSettled('every partition is appended to, read and committed', () => partitions.every(isPast));
  };
  await goesOn();
  const dispose = async (): Promise<void> => {
    writer.abort();
    await log.close();
  };
  return { log, group, member, goesOn, stopWriting: writer.stopWriting, [Symbol.asyncDispose]: dispose };
};

/** Everything lies in the log once and in order, has been read in order, and is in the ledgers. */
const checkComplete = async ({ log, group, stopWriting }: Scene): Promise<void> => {
  const { topic, seen, acknowledged, stale } = group;
  const n = await stopWriting();
  const isSettled = (partition: number): boolean => acknowledged.get(partition)! >= n - partitions.length;
  await untilSettled('all has been settled', () => partitions.every(isSettled));
  const lag = await log.lag(topic, groupOf(topic));
  for (const partition of partitions) {
    const expected = expectedIn(partition, n);
    assert.deepEqual(numbersOf(await log.read(topic, partition, 0, 100_000)), expected);
    const read = seen.filter((one) => one.partition === partition).map((one) => one.number);
    assert.deepEqual([...new Set(read)], expected);
    assert.deepEqual(lag[partition]?.position, { offset: expected.length, metadata: String(expected.at(-1)) });
  }
  assert.deepEqual(stale, []);
};

/** The broker that ended comes back and has every record, with those that were appended meanwhile. */
const checkReturn = async (id: number, scene: Scene): Promise<void> => {
  const { topic } = scene.group;
  await brokers.start(id);
  await untilSettled('it is caught up', () => isWhole([topic, '__consumer_offsets']));
  await scene.goesOn();
  await checkComplete(scene);
  for (const partition of partitions) {
    const all = numbersOf(await scene.log.read(topic, partition, 0, 100_000));
    await untilSettled('it has every record', async () => (await copyAt(id, topic, partition)).length >= all.length);
    assert.deepEqual(await copyAt(id, topic, partition), all);
  }
};

/** The broker's answer to a commit, whatever epochs would say. */
const commitAs = async (topic: string, [memberId, groupGenerationId]: [string, number]): Promise<string> => {
  const groupId = groupOf(topic);
  const coordinator = createCoordinator(client, groupId);
  const topics = [{ topic, partitions: [{ partition: 0, offset: '1', metadata: 'late' }] }];
  const line = await coordinator.reach();
  const answer = line.request('OffsetCommit', { groupId, memberId, groupGenerationId, topics });
  return answer.then(() => 'OK', typeOf).finally(coordinator.drop);
};

describe('with three brokers, of which one fails', { skip: whyNoBroker() ?? false }, () => {
  before(async () => {
    brokers = await startBrokers(ids.length);
    client = createClient({ applicationName: 'brokers spec', ...parseLocation(brokers.url) });
    cluster = client.openCluster();
  });
  after(async () => {
    client?.close();
    await brokers?.stop();
  });

  test('the leader of a partition is killed: appends go on at the next one, nothing lost, doubled or out of order, and it catches up when it is back', async (t) => {
    await using scene = await openScene();
    const led = await leaderOf(scene.group.topic, 0);
    // Two brokers have this append, but its answer is lost: the next leader must know that it is there already.
    const { address } = await cluster.broker(led);
    const link = await createLink(address);
    t.after(link.close);
    await using other = await connect((to) => (to.port === address.port ? { ...to, port: link.port } : to));
    const topic = await makeTopic(other, { partitions: partitions.length });
    const leaders = () => cluster.leaders(topic, 'FRESH').catch(() => new Map<number, number>());
    await untilSettled('it is known', async () => (await leaders()).size === partitions.length);
    const partition = [...(await leaders())].find(([, leader]) => leader === led)![0];
    const append = (value: string): Promise<void> => other.log.publish(topic, [record(partition, value)]);
    await append('before');
    link.loseAnswerTo('unanswered');
    const unanswered = append('unanswered');
    await untilSettled('it is there', async () => (await scene.log.read(topic, partition, 1, 1)).length === 1);
    await brokers.end(led, 'SIGKILL');
    await unanswered;
    await append('after');
    assert.deepEqual((await scene.log.read(topic, partition, 0, 10)).map(textOf), ['before', 'unanswered', 'after']);
    await scene.goesOn();
    assert.notEqual(await leaderOf(scene.group.topic, 0), led);
    await checkReturn(led, scene);
  });

  test('the coordinator of a group is killed: the next one knows every ledger, fences as before, and hands over to the next member', async () => {
    await using scene = await openScene();
    const { topic } = scene.group;
    const coordinator = await coordinatorOf(topic);
    await brokers.end(coordinator, 'SIGKILL');
    await scene.goesOn();
    assert.notEqual(await coordinatorOf(topic), coordinator);
    const old = lastEpoch(scene.member)!;
    await using other = await connect();
    const heir = await join(other.log, scene.group);
    await untilSettled('it has partitions', () => (lastEpoch(heir)?.partitions.length ?? 0) > 0);
    const { generation } = lastEpoch(heir)!;
    assert.ok(generation > old.generation);
    await assert.rejects(old.commit([{ partition: 0, offset: 1, metadata: 'late' }]), isEnded);
    // What the epoch refuses by itself, the new coordinator refuses too.
    assert.equal(await commitAs(topic, [old.memberId, old.generation]), 'ILLEGAL_GENERATION');
    assert.equal(await commitAs(topic, ['nobody', generation]), 'UNKNOWN_MEMBER_ID');
    await scene.goesOn();
    await checkReturn(coordinator, scene);
  });

  // The last case: the broker stays away.
  test('the leader of a partition stops: the two that are left are enough', async () => {
    await using scene = await openScene();
    const led = await leaderOf(scene.group.topic, 0);
    await brokers.end(led, 'SIGTERM');
    await scene.goesOn();
    assert.notEqual(await leaderOf(scene.group.topic, 0), led);
    await checkComplete(scene);
  });
});
