/** What a broker answers to commits in each state of a group, row by row: the fence that epochs on Kafka rest on. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { newId, sleep } from '@sendpool/kernel';
import { encodeMember, nothingHeld, protocolName } from './assignment.ts';
import { createClient } from './client.ts';
import { createCoordinator, type Line } from './coordinator.ts';
import { KafkaError, typeOf } from './faults.ts';
import { maxMetadata, readPositions } from './positions.ts';
import type { Requests } from './protocol.ts';

const address = process.env['SENDPOOL_TEST_KAFKA'];
const skip = address === undefined && (process.env['SENDPOOL_NO_KAFKA'] ?? 'SENDPOOL_TEST_KAFKA is not set');
const [host = '', port = ''] = (address ?? '').split(',')[0]!.split(':');
const sessionTimeout = 1500;
const client = createClient({ applicationName: 'fence spec', bootstrap: [{ host, port: Number(port) }] });

type Joined = Requests['JoinGroup']['answer'];
type Group = {
  topic: string;
  name: string;
  /** A connection of its own: a JoinGroup blocks it. */
  line(): Promise<Line>;
  join(line: Line, memberId: string): Promise<Joined>;
  sync(line: Line, joined: Joined): Promise<unknown>;
  /** A member alone in its generation. */
  alone(): Promise<{ line: Line; memberId: string; generation: number }>;
  /** What the broker says to a commit: OK, or its refusal. */
  commit(memberId: string, generation: number, metadata?: readonly string[]): Promise<string>;
  stored(): Promise<(string | undefined)[]>;
};

const retryUntilReady = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KafkaError && error.passes) || tries === 50) throw error;
      await sleep(50);
    }
  }
};

const makeTopic = async (topic: string): Promise<void> => {
  const cluster = client.openCluster();
  const topics = [{ topic, numPartitions: 2, replicationFactor: 1, configEntries: [] }];
  const broker = await cluster.controller();
  await broker.request('CreateTopics', { topics, validateOnly: false, timeout: 5000 });
  await retryUntilReady(() => cluster.leaders(topic, 'FRESH'));
  cluster.close();
};

const makeGroup = async (): Promise<Group> => {
  const topic = `fence-${newId()}`;
  await makeTopic(topic);
  const name = `group of ${topic}`;
  const line = (): Promise<Line> => retryUntilReady(() => createCoordinator(client, name).reach());
  const commits = await line();
  const askToJoin = (on: Line, memberId: string): Promise<Joined> =>
    on.request('JoinGroup', {
      groupId: name,
      sessionTimeout,
      rebalanceTimeout: 5000,
      memberId,
      protocolType: 'consumer',
      groupProtocols: [{ name: protocolName, metadata: encodeMember(topic, nothingHeld) }],
    });
  const join: Group['join'] = (on, memberId) =>
    retryUntilReady(() => askToJoin(on, memberId)).catch((error: unknown) =>
      typeOf(error) === 'MEMBER_ID_REQUIRED' ? askToJoin(on, (error as KafkaError).memberId!) : Promise.reject(error),
    );
  const sync: Group['sync'] = (on, { generationId, memberId }) =>
    on.request('SyncGroup', { groupId: name, generationId, memberId, groupAssignment: [] });
  return {
    topic,
    name,
    line,
    join,
    sync,
    alone: async () => {
      const own = await line();
      const joined = await join(own, '');
      await sync(own, joined);
      return { line: own, memberId: joined.memberId, generation: joined.generationId };
    },
    commit: async (memberId, groupGenerationId, metadata = ['x']) => {
      const partitions = metadata.map((text, partition) => ({ partition, offset: '1', metadata: text }));
      const request = { groupId: name, memberId, groupGenerationId, topics: [{ topic, partitions }] };
      return commits.request('OffsetCommit', request).then(() => 'OK', typeOf);
    },
    stored: async () =>
      [...(await readPositions({ topic, group: name }, commits, [[0, 1], 5000])).values()].map((one) => one?.metadata),
  };
};

const beat = (group: Group, line: Line, member: { memberId: string; generation: number }): Promise<string> =>
  line
    .request('Heartbeat', { groupId: group.name, memberId: member.memberId, groupGenerationId: member.generation })
    .then(() => 'OK', typeOf);

describe('the fence of a real broker', { skip, concurrency: 4 }, () => {
  after(() => client.close());

  test('a stable group takes the commits of its own generation, and neither an older nor a newer one', async () => {
    const group = await makeGroup();
    const { memberId, generation } = await group.alone();
    assert.equal(await group.commit(memberId, generation - 1), 'ILLEGAL_GENERATION');
    assert.equal(await group.commit(memberId, generation + 1), 'ILLEGAL_GENERATION');
    assert.equal(await group.commit('nobody', generation), 'UNKNOWN_MEMBER_ID');
    assert.equal(await group.commit('', -1), 'UNKNOWN_MEMBER_ID');
    assert.deepEqual(await group.stored(), [undefined, undefined]);
    assert.equal(await group.commit(memberId, generation), 'OK');
    assert.deepEqual(await group.stored(), ['x', undefined]);
  });

  test('while a rebalance waits for a member, its commits are taken: that is what the drain lives on', async () => {
    const group = await makeGroup();
    const { memberId, generation, line } = await group.alone();
    const joining = group.join(await group.line(), '');
    while ((await beat(group, line, { memberId, generation })) === 'OK') await sleep(20);
    assert.equal(await group.commit(memberId, generation, ['drained']), 'OK');
    // Heartbeats go on in the drain, and keep the session.
    assert.equal(await beat(group, line, { memberId, generation }), 'REBALANCE_IN_PROGRESS');
    await group.join(line, memberId);
    await joining;
    assert.equal(await group.commit(memberId, generation, ['late']), 'ILLEGAL_GENERATION');
    assert.equal(await group.commit(memberId, generation + 1, ['early']), 'REBALANCE_IN_PROGRESS');
    assert.deepEqual(await group.stored(), ['drained', undefined]);
  });

  test('a member that was silent in a rebalance for its session is out, and its commits with it', async () => {
    const group = await makeGroup();
    const { memberId, generation } = await group.alone();
    const heir = await group.line();
    const joined = await group.join(heir, '');
    assert.equal(await group.commit(memberId, generation), 'UNKNOWN_MEMBER_ID');
    await group.sync(heir, joined);
    assert.equal(await group.commit(memberId, generation), 'UNKNOWN_MEMBER_ID');
    assert.equal(await group.commit(memberId, joined.generationId), 'UNKNOWN_MEMBER_ID');
    assert.equal(await group.commit(joined.memberId, joined.generationId, ['heir']), 'OK');
    assert.deepEqual(await group.stored(), ['heir', undefined]);
  });

  test('a member that left can commit nothing, in an empty group too', async () => {
    const group = await makeGroup();
    const { memberId, generation, line } = await group.alone();
    assert.equal(await group.commit(memberId, generation, ['kept']), 'OK');
    await line.request('LeaveGroup', { groupId: group.name, memberId });
    assert.equal(await group.commit(memberId, generation, ['late']), 'UNKNOWN_MEMBER_ID');
    const next = await group.alone();
    assert.ok(next.generation > generation);
    assert.equal(await group.commit(memberId, generation, ['late']), 'UNKNOWN_MEMBER_ID');
    assert.deepEqual(await group.stored(), ['kept', undefined]);
  });

  test('the broker does not see who owns a partition: a member of the new generation could commit another´s, and epochs must not', async () => {
    const group = await makeGroup();
    const { memberId, generation } = await group.alone();
    // Nothing was assigned to it at all.
    assert.equal(await group.commit(memberId, generation, ['not mine', 'nor this']), 'OK');
  });

  test('a group without members takes commits without a generation: no such request may ever be sent', async () => {
    const group = await makeGroup();
    assert.equal(await group.commit('', -1, ['from outside']), 'OK');
    assert.deepEqual(await group.stored(), ['from outside', undefined]);
  });

  test('metadata is limited in characters, and beyond the limit a commit is half stored: it must be refused before', async () => {
    const group = await makeGroup();
    const { memberId, generation } = await group.alone();
    const full = '€'.repeat(maxMetadata);
    assert.equal(await group.commit(memberId, generation, [full]), 'OK');
    assert.equal(await group.commit(memberId, generation, [`${full}€`, 'sibling']), 'OFFSET_METADATA_TOO_LARGE');
    assert.deepEqual(await group.stored(), [full, 'sibling']);
  });
});
