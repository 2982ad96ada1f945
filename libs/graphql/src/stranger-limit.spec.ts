import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { createRefuseStranger, networkOf } from './stranger-limit.ts';

const from = (remoteAddress: string) => ({ socket: { remoteAddress } }) as IncomingMessage;

const setUp = (perMinute = 60) => {
  const clock = { now: 0 };
  const refuse = createRefuseStranger({ perMinute, now: () => clock.now });
  const refusals = (address: string, count: number): number[] =>
    Array.from({ length: count }, () => refuse(from(address)).status);
  return { clock, refuse, refusals };
};

describe('the limit of strangers', () => {
  it('answers 401 until an address has failed too often, then 429 with the time to wait', () => {
    const { clock, refuse, refusals } = setUp();
    assert.deepEqual(new Set(refusals('192.0.2.1', 60)), new Set([401]));
    const problem = refuse(from('192.0.2.1'));
    assert.deepEqual([problem.status, problem.code, problem.retryAfterSeconds], [429, 'RATE_LIMITED', 1]);
    clock.now = 1000;
    assert.deepEqual(refusals('192.0.2.1', 2), [401, 429]);
  });

  it('counts each address of IPv4 by itself, in either way of writing it, and a /64 of IPv6 as one', () => {
    const { refusals } = setUp(2);
    assert.deepEqual(refusals('192.0.2.1', 2), [401, 401]);
    assert.deepEqual(refusals('::ffff:192.0.2.1', 1), [429]);
    assert.deepEqual(refusals('192.0.2.2', 1), [401]);
    assert.deepEqual(refusals('2001:db8:1:2::1', 2), [401, 401]);
    assert.deepEqual(refusals('2001:db8:1:2:ffff:1:2:3', 1), [429]);
    assert.deepEqual(refusals('2001:db8:1:3::1', 1), [401]);
  });

  it('counts nothing where it is switched off', () => {
    const { refusals } = setUp(0);
    assert.deepEqual(new Set(refusals('192.0.2.1', 1000)), new Set([401]));
  });

  it('remembers 10,000 addresses at most', () => {
    const { refusals } = setUp(1);
    assert.deepEqual(refusals('192.0.2.1', 2), [401, 429]);
    for (let at = 0; at < 10_000; at += 1) refusals(`10.0.${at >> 8}.${at & 255}`, 1);
    assert.deepEqual(refusals('192.0.2.1', 1), [401]);
  });

  it('knows the network of every address that a socket can have', () => {
    const networks: Record<string, string> = {
      '127.0.0.1': '127.0.0.1',
      '::1': '0:0:0:0',
      '::': '0:0:0:0',
      '2001:db8::': '2001:db8:0:0',
      '2001:db8::5:0:0:1': '2001:db8:0:0',
      '2001:db8:1:2:3:4:5:6': '2001:db8:1:2',
      'fe80::1%eth0': 'fe80:0:0:0',
      '': '0:0:0:0',
    };
    for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network, address);
  });
});
