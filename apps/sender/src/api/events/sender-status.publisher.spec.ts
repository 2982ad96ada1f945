import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerState } from '../../domain/server-state.ts';
import { toSay } from './sender-status.publisher.ts';

const state: ServerState = {
  serverId: 'a',
  queued: 1,
  inFlight: 2,
  connections: 2,
  breaker: 'CLOSED',
  breakerUntil: null,
  lastError: null,
  connectionShare: 2,
  connectionPlan: 2,
  rateFactor: 1,
  limitedBy: null,
  failovers: 0,
};

describe('the status of a server', () => {
  it('is said when it is new or has changed', () => {
    const said = new Map();
    assert.equal(toSay([state], said, 0).length, 1);
    assert.equal(toSay([state], said, 1000).length, 0);
    assert.equal(toSay([{ ...state, queued: 2 }], said, 2000).length, 1);
  });

  it('is said again after five seconds although nothing has changed', () => {
    const said = new Map();
    toSay([state], said, 0);
    assert.equal(toSay([state], said, 4999).length, 0);
    assert.equal(toSay([state], said, 5000).length, 1);
    assert.equal(toSay([state], said, 6000).length, 0);
  });
});
