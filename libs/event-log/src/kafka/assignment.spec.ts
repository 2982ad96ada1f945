import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import {
  assign,
  decodeAssignment,
  decodeMember,
  encodeAssignment,
  encodeMember,
  nothingHeld,
  type GroupMember,
} from './assignment.ts';

const member = (id: string, generation: number, partitions: number[]): GroupMember => ({
  id,
  topics: ['lanes'],
  held: { generation, partitions },
});

test('a member keeps what it holds as far as its share goes, and a newcomer gets the rest', () => {
  const shares = assign([member('a', 3, [0, 1, 2, 3]), { id: 'b', topics: ['lanes'], held: nothingHeld }], 4);
  assert.deepEqual(Object.fromEntries(shares), { a: [0, 1], b: [2, 3] });
});

test('of two members that claim the same partition the one of the newer generation keeps it, whatever their order', () => {
  const [late, new_] = [member('a', 3, [0, 1]), member('b', 5, [0, 1])];
  for (const members of [
    [late, new_],
    [new_, late],
  ])
    assert.deepEqual(Object.fromEntries(assign(members, 4)), { a: [2, 3], b: [0, 1] });
});

test('what a member tells arrives as it was, and what is not ours is no claim', () => {
  const held = { generation: 7, partitions: [1, 5] };
  assert.deepEqual(decodeMember('m', encodeMember('lanes', held)), { id: 'm', topics: ['lanes'], held });
  const { MemberMetadata } = kafkajs.AssignerProtocol;
  for (const userData of ['', 'x', '{}', '{"generation":1,"partitions":["0"]}', 'null']) {
    const foreign = MemberMetadata.encode({ version: 1, topics: ['lanes'], userData: Buffer.from(userData) });
    assert.deepEqual(decodeMember('m', foreign).held, nothingHeld);
  }
});

test('an assignment arrives as it was given, and an empty one gives nothing', () => {
  assert.deepEqual(decodeAssignment('lanes', encodeAssignment('lanes', [2, 0])), [2, 0]);
  assert.deepEqual(decodeAssignment('other', encodeAssignment('lanes', [2, 0])), []);
  assert.deepEqual(decodeAssignment('lanes', Buffer.alloc(0)), []);
});
