import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPoolReason, isProviderLimit, probed, struck, waitingInWords } from './pool-pause.ts';
import { defaultRetryPolicy as policy } from './recipient.ts';

describe('the pause of a pool without a server', () => {
  it('is a second at first, and says nothing new for the messages that come back while it runs', () => {
    const pause = struck(undefined, 'pool', { now: 1000, policy, reason: 'NO_SERVER' });
    assert.deepEqual(pause, { poolId: 'pool', strikes: 1, until: 2000, reason: 'NO_SERVER' });
    assert.equal(struck(pause, 'pool', { now: 1500, policy, reason: 'NO_SERVER' }), pause);
  });

  it('doubles with each probe that comes back at once, up to half a minute', () => {
    let pause = struck(undefined, 'pool', { now: 0, policy, reason: 'NO_SERVER' });
    const delays: number[] = [];
    for (let probes = 0; probes < 7; probes++) {
      const now = pause.until;
      pause = struck(probed(pause, { now, policy }), 'pool', { now: now + 20, policy, reason: 'NO_SERVER' });
      delays.push(pause.until - now);
    }
    assert.deepEqual(delays, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('comes of a limit of a server, and not of one to a single mailbox provider', () => {
    assert.ok(isPoolReason('LIMITED:messagesPerDay') && !isProviderLimit('LIMITED:messagesPerDay'));
    assert.ok(!isPoolReason('LIMITED:gmail messagesPerDay') && isProviderLimit('LIMITED:gmail messagesPerDay'));
  });

  it('why a campaign waits is said in words', () => {
    const words = {
      NO_SERVER: 'waiting for a server',
      LIMITED: 'waiting for a limit of its servers',
      'LIMITED:messagesPerDay': 'waiting for a limit of messages per day',
      BAD_CONTENT: 'waiting for content that can be read: pause it, correct the templates, and resume',
      DOUBT: 'waiting until no late reply can come for those that are UNKNOWN',
    };
    assert.deepEqual(Object.keys(words).map(waitingInWords), Object.values(words));
  });
});
