import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, leave, markReady, settle, type Group } from './group.ts';

const empty: Group = { generation: 0, rebalanceDeadline: undefined, partitions: 4, members: [], owners: new Map() };
const member = (id: string, seenAt = 0) => ({ id, seenAt, sessionMs: 10_000, drainMs: 5000 });
const sharesOf = (group: Group): Record<string, number[]> => {
  const shares: Record<string, number[]> = {};
  for (const [partition, owner] of [...group.owners].toSorted(([one], [other]) => one - other))
    (shares[owner] ??= []).push(partition);
  return shares;
};
const withOne = settle(join(empty, member('a'), 0), 0, 4);
const withTwoJoining = settle(join(withOne, member('b'), 100), 100, 4);

test('the first member gets everything at once', () => {
  assert.equal(withOne.generation, 1);
  assert.deepEqual(sharesOf(withOne), { a: [0, 1, 2, 3] });
});

test('a newcomer waits until the others have drained, and until then they hold what they held', () => {
  assert.equal(withTwoJoining.generation, 1);
  assert.deepEqual(sharesOf(withTwoJoining), { a: [0, 1, 2, 3] });
  const done = settle(markReady(withTwoJoining, 'a'), 200, 4);
  assert.equal(done.generation, 2);
  assert.equal(done.rebalanceDeadline, undefined);
  assert.deepEqual(sharesOf(done), { a: [0, 1], b: [2, 3] });
});

test('a member that does not drain is dropped at the deadline, which leaves it time to notice by itself', () => {
  const deadline = withTwoJoining.rebalanceDeadline!;
  assert.ok(deadline >= 100 + 10_000 / 2 + 5000);
  const beating = { ...withTwoJoining, members: withTwoJoining.members.map((one) => ({ ...one, seenAt: deadline })) };
  assert.equal(settle(beating, deadline, 4).generation, 1);
  assert.deepEqual(sharesOf(settle(beating, deadline + 1, 4)), { b: [0, 1, 2, 3] });
});

test('a silent member is dropped, holds nothing from then on, and the others drain before they inherit', () => {
  const two = settle(markReady(withTwoJoining, 'a'), 200, 4);
  const [silent, alive] = two.members;
  const later = { ...two, members: [silent!, { ...alive!, seenAt: 9000 }] };
  assert.equal(settle(later, 10_000, 4), later);
  const dropped = settle(later, 10_001, 4);
  assert.equal(dropped.generation, 2);
  assert.deepEqual(sharesOf(dropped), { b: [2, 3] });
  assert.deepEqual(sharesOf(settle(markReady(dropped, 'b'), 10_002, 4)), { b: [0, 1, 2, 3] });
});

test('who leaves is gone at once, and a group without members waits for the next one', () => {
  const left = settle(leave(withOne, 'a', 50), 50, 4);
  assert.equal(left.rebalanceDeadline, undefined);
  assert.deepEqual(sharesOf(left), {});
  assert.ok(left.generation > withOne.generation);
  assert.equal(leave(left, 'a', 60), left);
});

test('more partitions begin a rebalance', () => {
  const grown = settle(withOne, 10, 6);
  assert.notEqual(grown.rebalanceDeadline, undefined);
  assert.deepEqual(sharesOf(settle(markReady(grown, 'a'), 20, 6)), { a: [0, 1, 2, 3, 4, 5] });
});

test('ready means nothing while no rebalance is under way', () => {
  assert.equal(markReady(withOne, 'a'), withOne);
});
