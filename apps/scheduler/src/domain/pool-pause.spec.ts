import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probed, struck } from './pool-pause.ts';
import { defaultRetryPolicy as policy } from './recipient.ts';

describe('the pause of a pool without a server', () => {
  it('is a second at first, and says nothing new for the messages that come back while it runs', () => {
    const pause = struck(undefined, 'pool', { now: 1000, policy });
    assert.deepEqual(pause, { poolId: 'pool', strikes: 1, until: 2000 });
    assert.equal(struck(pause, 'pool', { now: 1500, policy }), pause);
  });

  it('doubles with each probe that comes back at once, up to half a minute', () => {
    let pause = struck(undefined, 'pool', { now: 0, policy });
    const delays: number[] = [];
    for (let probes = 0; probes < 7; probes++) {
      const now = pause.until;
      pause = struck(probed(pause, { now, policy }), 'pool', { now: now + 20, policy });
      delays.push(pause.until - now);
    }
    assert.deepEqual(delays, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });
});
