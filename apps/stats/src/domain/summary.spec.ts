import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts } from './counts.ts';
import { isRotatedOut } from './judge.ts';
import { summarise, summariseServer } from './summary.ts';

test('a bounce rate of exactly 3 % stays, and one bounce more goes', () => {
  assert.equal(isRotatedOut({ accepted: 97, bounced: 3 }), false);
  assert.equal(isRotatedOut({ accepted: 96, bounced: 4 }), true);
});

test('fewer than 100 sends are not judged', () => {
  assert.equal(isRotatedOut({ accepted: 50, bounced: 49 }), false);
});

test('the rule is an argument', () => {
  assert.equal(isRotatedOut({ accepted: 5, bounced: 5 }, { maxBounceRate: 0.4, minSends: 10 }), true);
});

test('rates are null before the first send', () => {
  const summary = summarise(noCounts());
  assert.equal(summary.bounceRate, null);
  assert.equal(summary.deferredRate, null);
  assert.equal(summary.rotateOut, false);
});

test('deferred and unknown are attempts, and neither is in the bounce rate', () => {
  const counts = { ...noCounts(), accepted: 6, bouncedHard: 1, bouncedBlock: 1, deferred: 1, unknown: 1 };
  const summary = summarise(counts);
  assert.equal(summary.attempted, 10);
  assert.equal(summary.bounceRate, 0.25);
  assert.equal(summary.deferredRate, 0.1);
});

test('a server is the sum of its providers, the busiest first', () => {
  const summary = summariseServer([
    { provider: 'other', counts: { ...noCounts(), accepted: 1, latencySum: 10, latencyCount: 1, latencyMax: 10 } },
    { provider: 'gmail', counts: { ...noCounts(), accepted: 3, latencySum: 90, latencyCount: 3, latencyMax: 50 } },
    { provider: 'yahoo', counts: { ...noCounts(), failovers: 2 } },
  ]);
  assert.equal(summary.accepted, 4);
  assert.equal(summary.failovers, 2);
  assert.deepEqual(summary.latency, { meanMs: 25, maxMs: 50 });
  assert.deepEqual(
    summary.byProvider.map((row) => row.provider),
    ['gmail', 'other'],
  );
});
