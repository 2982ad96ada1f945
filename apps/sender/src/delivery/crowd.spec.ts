import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCrowd, noteLeft, reserveReturn, type Crowd, type HeldBy } from './crowd.ts';
import type { Task } from './task.ts';

const byRate: HeldBy = { limit: 'gmail messagesPerSecond', until: 100, perSecond: 10 };
const byQuota: HeldBy = { limit: 'gmail messagesPerDay', until: 5000, perSecond: null };

/** A crowd is asked for its length only. */
const crowdOf = (length: number, heldBy: HeldBy): Crowd => {
  const crowd = createCrowd(heldBy);
  for (let index = 0; index < length; index += 1) crowd.tasks.push({} as Task);
  return crowd;
};

describe('a crowd at a rate', () => {
  it('sends each one more away until it is likely to go, one after the other', () => {
    const crowd = crowdOf(20, byRate);
    assert.deepEqual(
      [1, 2, 3].map(() => reserveReturn(crowd, 0, 0)),
      [2200, 2300, 2400],
    );
  });

  it('never asks one to come again at once, or in the past', () => {
    const crowd = crowdOf(0, { ...byRate, until: -7000 });
    assert.equal(reserveReturn(crowd, 0, 0), 500);
  });

  it('learns how fast its messages leave', () => {
    const crowd = crowdOf(1, byRate);
    for (let now = 0; now <= 20_000; now += 500) noteLeft(crowd, 1, now);
    assert.ok(Math.abs(crowd.spacingMs - 500) < 5, `${crowd.spacingMs} ms`);
    noteLeft(crowd, 0, 90_000);
    assert.ok(Math.abs(crowd.spacingMs - 500) < 5, 'a turn in which nobody leaves says nothing');
  });
});

describe('a crowd at a limit that is no rate', () => {
  it('does not take the wait for a count as the time between two messages', () => {
    const crowd = crowdOf(64, byQuota);
    assert.ok(reserveReturn(crowd, 0, 0) < 10_000);
  });

  it('spreads those that it cannot place within ten minutes, and does not push the others on by them', () => {
    const crowd = crowdOf(1, { ...byQuota, until: 3_600_000 });
    assert.deepEqual(
      [0, 0.5, 1].map((random) => reserveReturn(crowd, 0, random)),
      [300_000, 450_000, 600_000],
    );
    assert.equal(crowd.backAt, -Infinity);
  });
});
