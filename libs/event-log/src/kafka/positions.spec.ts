import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Coordinator, Line } from './coordinator.ts';
import { KafkaError } from './faults.ts';
import { createPositions, positionOf } from './positions.ts';

type Script = { commits?: (string | undefined)[]; beats?: (string | undefined)[] };

/** A coordinator that refuses as the script says, in its order, and then takes everything; `asked` is what it was asked. */
const scripted = ({ commits = [], beats = [] }: Script) => {
  const asked: string[] = [];
  const line: Line = {
    request: (name) => {
      asked.push(name);
      const type = (name === 'Heartbeat' ? beats : commits).shift();
      return type === undefined
        ? Promise.resolve({
            responses: [{ topic: 't', partitions: [{ partition: 0, offset: '7', metadata: 'm' }] }],
          } as never)
        : Promise.reject(new KafkaError(type, type, { passes: true }));
    },
  };
  const coordinator: Coordinator = { reach: async () => line, drop: () => undefined, close: () => undefined };
  const positions = createPositions({ topic: 't', group: 'g', commits: coordinator, reads: coordinator });
  const commit = (): Promise<boolean> =>
    positions.commit({ memberId: 'm', generation: 1, number: 1 }, [{ partition: 0, offset: 1, metadata: '' }], 1000);
  return { asked, commit, committed: () => positions.committed({ memberId: 'm', generation: 1 }, 0) };
};

test('a refusal of the generation or the member is a no, and is not repeated', async () => {
  for (const type of ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID']) {
    const { asked, commit } = scripted({ commits: [type] });
    assert.equal(await commit(), false, type);
    assert.deepEqual(asked, ['Heartbeat', 'OffsetCommit']);
  }
});

test('whatever leaves in doubt whether it was stored is thrown, and never sent again', async () => {
  const doubtful = ['CONNECTION', 'TIMED_OUT', 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE'];
  for (const type of [...doubtful, 'OFFSET_METADATA_TOO_LARGE', 'UNKNOWN_TOPIC_OR_PARTITION']) {
    const { asked, commit } = scripted({ commits: [type] });
    await assert.rejects(commit(), { type });
    assert.deepEqual(asked, ['Heartbeat', 'OffsetCommit']);
  }
});

test('a commit that a loading coordinator has not looked at is sent again', async () => {
  const { asked, commit } = scripted({ commits: ['GROUP_LOAD_IN_PROGRESS', undefined] });
  assert.equal(await commit(), true);
  assert.deepEqual(asked, ['Heartbeat', 'OffsetCommit', 'OffsetCommit']);
});

test('a connection is proven by one heartbeat, repeated until it is answered, and proven anew after trouble', async () => {
  const { asked, commit } = scripted({
    beats: ['NOT_COORDINATOR_FOR_GROUP', undefined],
    commits: [undefined, 'TIMED_OUT'],
  });
  assert.equal(await commit(), true);
  assert.deepEqual(asked, ['Heartbeat', 'Heartbeat', 'OffsetCommit']);
  await assert.rejects(commit());
  assert.equal(await commit(), true);
  assert.deepEqual(asked.slice(3), ['OffsetCommit', 'Heartbeat', 'OffsetCommit']);
});

test('a member that is fenced commits nothing, and one that drains in a rebalance still does', async () => {
  const fenced = scripted({ beats: ['UNKNOWN_MEMBER_ID'] });
  assert.equal(await fenced.commit(), false);
  assert.deepEqual(fenced.asked, ['Heartbeat']);
  assert.equal(await scripted({ beats: ['REBALANCE_IN_PROGRESS'] }).commit(), true);
});

test('a position is believed only from a broker that knows this member in this generation', async () => {
  const { asked, committed } = scripted({ beats: ['NOT_COORDINATOR_FOR_GROUP', undefined] });
  assert.deepEqual(await committed(), { offset: 7, metadata: 'm' });
  assert.deepEqual(asked, ['Heartbeat', 'Heartbeat', 'OffsetFetch']);
  for (const type of ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']) {
    const stale = scripted({ beats: [type] });
    assert.equal(await stale.committed(), 'FENCED');
    assert.deepEqual(stale.asked, ['Heartbeat']);
  }
});

test('a negative offset is no position, and missing metadata is empty', () => {
  for (const offset of ['-1', '-2']) assert.equal(positionOf({ partition: 0, offset, metadata: 'x' }), undefined);
  assert.deepEqual(positionOf({ partition: 0, offset: '0', metadata: null }), { offset: 0, metadata: '' });
});
