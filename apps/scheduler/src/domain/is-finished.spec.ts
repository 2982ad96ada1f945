/** When a campaign is FINISHED. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFinished } from './is-finished.ts';

const done = { pending: 0, inFlight: 0, deferred: 0, due: 0, unknownAt: null };

test('a campaign is finished when nothing waits and nothing is in flight', () => {
  assert.equal(isFinished(done, 1000, 100), true);
  for (const one of ['pending', 'inFlight', 'deferred', 'due'] as const) {
    assert.equal(isFinished({ ...done, [one]: 1 }, 1000, 100), false, one);
  }
});

test('and only when the newest doubt is older than the grace', () => {
  assert.equal(isFinished({ ...done, unknownAt: 901 }, 1000, 100), false);
  assert.equal(isFinished({ ...done, unknownAt: 900 }, 1000, 100), true);
});
