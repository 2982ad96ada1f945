import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRotateOut, alwaysIn } from '@sendpool/contracts';
import { poolRecord, serverRecord } from '@sendpool/testing';
import { createPoolBoard, isWarmingUp } from './pool-board.ts';

const dayMs = 24 * 3_600_000;
const warmUp = { startsAt: 10 * dayMs, heldDays: 0, perDay: [100, 200, 400], providers: [] };

test('the highest revision holds, and a deleted pool is none', () => {
  const board = createPoolBoard();
  board.apply(poolRecord({ a: 1 }, { id: 'p1', revision: 2, name: 'new' }));
  board.apply(poolRecord({ a: 1 }, { id: 'p1', revision: 1, name: 'old' }));
  assert.equal(board.pool('p1')?.name, 'new');
  board.apply(poolRecord({ a: 1 }, { id: 'p1', revision: 3, deleted: true }));
  assert.equal(board.pool('p1'), undefined);
  assert.deepEqual(board.pools(), []);
});

test('a member is usable when its server is known, active and verified, and it has weight', () => {
  const board = createPoolBoard();
  for (const config of [
    serverRecord({ id: 'a' }),
    serverRecord({ id: 'inactive', state: 'INACTIVE' }),
    serverRecord({ id: 'unverified', verified: false }),
    serverRecord({ id: 'gone', deleted: true }),
    serverRecord({ id: 'light' }),
  ])
    board.apply(config);
  const pool = poolRecord({ a: 1, inactive: 1, unverified: 1, gone: 1, unknown: 1 }, { id: 'p1' });
  const light = { serverId: 'light', weight: 0, role: null, rotation: alwaysIn };
  const members = board.members({ ...pool, members: [...pool.members, light] }, 0);
  assert.deepEqual(
    members.filter(({ isUsable }) => isUsable).map(({ serverId }) => serverId),
    ['a'],
  );
});

test('the limit of a server is the strictest of its pools', () => {
  const board = createPoolBoard();
  board.apply(poolRecord({ a: 1 }, { id: 'p1', rotateOut: { ...defaultRotateOut, maxBounceRate: 0.05 } }));
  assert.equal(board.limitOf('a'), 0.05);
  board.apply(poolRecord({ a: 1, b: 1 }, { id: 'p2', rotateOut: { ...defaultRotateOut, maxBounceRate: 0.02 } }));
  assert.equal(board.limitOf('a'), 0.02);
  assert.equal(board.limitOf('nowhere'), 0.03);
});

const warmsUpOn = (day: number, heldDays = 0): boolean => isWarmingUp({ ...warmUp, heldDays }, (10 + day) * dayMs + 5);

test('a server warms up from the first day of its plan to the last, held days repeated', () => {
  assert.deepEqual([warmsUpOn(-1), warmsUpOn(0), warmsUpOn(2), warmsUpOn(3)], [false, true, true, false]);
  assert.deepEqual([warmsUpOn(3, 1), warmsUpOn(4, 1)], [true, false]);
  assert.equal(isWarmingUp(null, 0), false);
});
