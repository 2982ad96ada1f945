import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedCounts } from './deferred-waiting.ts';

test('only counts that changed are told, and a server without any is told as 0 once', () => {
  const before = new Map([
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['d', 0],
  ]);
  const now = new Map([
    ['a', 1],
    ['b', 5],
    ['e', 4],
  ]);
  assert.deepEqual(
    [...changedCounts(before, now)],
    [
      ['b', 5],
      ['e', 4],
      ['c', 0],
    ],
  );
});
