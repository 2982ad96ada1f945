import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { breakerLimits, createBreaker, doubtfulFailure, type Breaker } from './breaker.ts';

const middle = (): number => 0.5;
const make = (random = middle): Breaker => createBreaker(1, breakerLimits, random);

const fail = (breaker: Breaker, times: number, now = 0): void => {
  for (let time = 0; time < times; time += 1) breaker.failed(1, now);
};

const probe = (breaker: Breaker, now: number, passed: boolean): void => {
  assert.equal(breaker.beginProbe(now), true);
  breaker.probed(1, passed, now);
};

describe('a breaker', () => {
  it('opens at the fifth failure in a row', () => {
    const breaker = make();
    fail(breaker, 4);
    assert.equal(breaker.state(0), 'CLOSED');
    fail(breaker, 1);
    assert.equal(breaker.state(0), 'OPEN');
    assert.equal(breaker.factor(0), 0);
    assert.equal(breaker.until(), 10_000);
  });

  it('begins to count anew after a success', () => {
    const breaker = make();
    fail(breaker, 4);
    breaker.succeeded(1, 0);
    fail(breaker, 4);
    assert.equal(breaker.state(0), 'CLOSED');
  });

  it('counts a doubtful failure half', () => {
    const breaker = make();
    for (let time = 0; time < 9; time += 1) breaker.failed(1, 0, doubtfulFailure);
    assert.equal(breaker.state(0), 'CLOSED');
    breaker.failed(1, 0, doubtfulFailure);
    assert.equal(breaker.state(0), 'OPEN');
  });

  it('is probed once, when its time has come', () => {
    const breaker = make();
    fail(breaker, 5);
    assert.equal(breaker.beginProbe(9999), false);
    assert.equal(breaker.beginProbe(10_000), true);
    assert.equal(breaker.state(10_000), 'HALF_OPEN');
    assert.equal(breaker.beginProbe(10_001), false);
    assert.equal(breaker.factor(10_001), 0);
  });

  it('stays open longer after each probe that fails, 300 s at most', () => {
    const breaker = make();
    fail(breaker, 5);
    const waits: number[] = [];
    for (let round = 0, now = 0; round < 40; round += 1) {
      waits.push(breaker.until()! - now);
      now = breaker.until()!;
      probe(breaker, now, false);
    }
    assert.deepEqual(waits.slice(0, 4), [10_000, 20_000, 30_000, 40_000]);
    assert.equal(waits.at(-1), 300_000);
  });

  it('grows from a tenth of the weight to the whole within a minute after a probe that passed', () => {
    const breaker = make();
    fail(breaker, 5);
    probe(breaker, 10_000, true);
    assert.equal(breaker.state(10_000), 'SLOW_START');
    assert.equal(breaker.factor(10_000), 0.1);
    assert.equal(breaker.factor(40_000), 0.5);
    assert.equal(breaker.state(70_000), 'CLOSED');
    assert.equal(breaker.factor(70_000), 1);
  });

  it('opens again for twice the time when it fails in slow start', () => {
    const breaker = make();
    fail(breaker, 5);
    probe(breaker, 10_000, true);
    fail(breaker, 5, 11_000);
    assert.equal(breaker.until(), 31_000);
  });

  it('forgets an opening for each healthy ten seconds', () => {
    const breaker = make();
    fail(breaker, 5);
    probe(breaker, 10_000, true);
    breaker.succeeded(1, 25_000);
    fail(breaker, 5, 30_000);
    assert.equal(breaker.until(), 40_000);
  });

  it('opens at the first failure within a minute after a peer found the server broken, and never by that alone', () => {
    const breaker = make();
    breaker.warn(0);
    assert.equal(breaker.state(30_000), 'CLOSED');
    fail(breaker, 1, 30_000);
    assert.equal(breaker.state(30_000), 'OPEN');
    const later = make();
    later.warn(0);
    fail(later, 1, 60_000);
    assert.equal(later.state(60_000), 'CLOSED');
  });

  it('does not listen to failures and probes of an older revision', () => {
    const breaker = make();
    fail(breaker, 5);
    breaker.beginProbe(10_000);
    breaker.renew(2);
    assert.equal(breaker.state(10_000), 'CLOSED');
    fail(breaker, 20, 10_001);
    breaker.probed(1, false, 10_001);
    assert.equal(breaker.state(10_001), 'CLOSED');
  });

  it('varies its time by at most 15 % both ways', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const breaker = make(() => random);
        fail(breaker, 5);
        assert.ok(breaker.until()! >= 8500 && breaker.until()! <= 11_500);
      }),
    );
  });
});
