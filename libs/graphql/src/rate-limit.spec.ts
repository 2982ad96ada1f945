import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRateLimit } from './rate-limit.ts';

const setUp = (perMinute = 600, most = 10) => {
  const clock = { now: 0 };
  return { clock, limit: createRateLimit({ perMinute, most, now: () => clock.now }) };
};

describe('the rate limit', () => {
  it('lets a key ask for all of its budget at once, and then for what flows in', () => {
    const { clock, limit } = setUp();
    assert.deepEqual(limit.take('a', 600), { ok: true, remaining: 0 });
    assert.deepEqual(limit.take('a', 10), { ok: false, retryAfterMs: 1000, remaining: 0 });
    clock.now = 999;
    assert.equal(limit.take('a', 10).ok, false);
    clock.now = 1000;
    assert.deepEqual(limit.take('a', 10), { ok: true, remaining: 0 });
  });

  it('takes nothing for a request that it refuses', () => {
    const { limit } = setUp();
    limit.take('a', 500);
    assert.equal(limit.take('a', 101).ok, false);
    assert.equal(limit.remaining('a'), 100);
    assert.deepEqual(limit.take('a', 100), { ok: true, remaining: 0 });
  });

  it('keeps the budgets of keys apart', () => {
    const { limit } = setUp();
    limit.take('a', 600);
    assert.deepEqual(limit.take('b', 1), { ok: true, remaining: 599 });
  });

  it('never fills a bucket beyond a minute', () => {
    const { clock, limit } = setUp();
    limit.take('a', 1);
    clock.now = 3_600_000;
    assert.deepEqual(limit.take('a', 600), { ok: true, remaining: 0 });
    assert.equal(limit.take('a', 1).ok, false);
  });

  it('allows in any time no more than a full bucket and what flowed in', () => {
    const { clock, limit } = setUp();
    let taken = 0;
    for (; clock.now <= 120_000; clock.now += 7) if (limit.take('a', 3).ok) taken += 3;
    assert.ok(taken <= 600 + 1200 && taken > 1700, String(taken));
  });

  it('remembers so many keys and no more, and forgets first the one that asked for nothing for longest', () => {
    const { limit } = setUp(600, 3);
    for (const key of ['a', 'b', 'c']) limit.take(key, 500);
    assert.equal(limit.take('a', 200).ok, false);
    limit.take('d', 500);
    assert.equal(limit.size, 3);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => limit.remaining(key)),
      [100, 600, 100, 100],
    );
  });
});
