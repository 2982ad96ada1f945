import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts } from './counts.ts';
import { bounceVerdict, summarise, summariseServer } from './summary.ts';

test('bounces are explained in words, with the rate that would be significant', () => {
  const verdict = bounceVerdict({ ...noCounts(), accepted: 1932, bouncedHard: 60, bouncedBlock: 8 });
  assert.equal(verdict.words, '3.4 % over 2,000 sends: not yet significant, 4.55 % needed at this volume');
  assert.deepEqual([verdict.sends, verdict.judgedRate, verdict.needed], [2000, 0.034, 0.0455]);
  assert.equal(verdict.significant, false);
});

const isSignificant = (bouncedHard: number): boolean =>
  bounceVerdict({ ...noCounts(), accepted: 2000 - bouncedHard, bouncedHard }).significant;

test('a rate is significant from the needed one on', () => {
  assert.equal(isSignificant(90), false);
  assert.equal(isSignificant(91), true);
});

test('fewer than 100 sends are not judged, whatever their rate', () => {
  const verdict = bounceVerdict({ ...noCounts(), accepted: 40, bouncedBlock: 59 });
  assert.equal(verdict.significant, false);
  assert.equal(verdict.words, '59.6 % over 99 sends: not judged below 100 sends');
});

test('soft refusals, deferrals and unknown outcomes are no sends that are judged', () => {
  const verdict = bounceVerdict({ ...noCounts(), bouncedSoft: 500, deferred: 500, unknown: 500 });
  assert.deepEqual([verdict.sends, verdict.judgedRate, verdict.words], [0, null, 'no sends']);
});

test('the limit is an argument', () => {
  const counts = { ...noCounts(), accepted: 900, bouncedHard: 100 };
  assert.equal(bounceVerdict(counts, 0.2).words, '10 % over 1,000 sends: within the 20 % allowed');
});

test('rates are null before the first send', () => {
  const summary = summarise(noCounts());
  assert.equal(summary.bounceRate, null);
  assert.equal(summary.deferredRate, null);
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
