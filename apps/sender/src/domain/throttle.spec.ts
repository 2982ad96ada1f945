import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyDeclared, recoverLimits, throttleLimits } from './limits.ts';
import { declaring, limitsWith, midnight, sendAll } from './limits.fixture.ts';

const near = (real: number, wanted: number): void => assert.ok(Math.abs(real - wanted) < 1e-9, `${real}, ${wanted}`);

describe('a server that asks to go slower', () => {
  it('has 0.7 of its declared rate at once, and answers that were on their way count once', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, { messagesPerSecond: 100 });
    throttleLimits(made);
    for (let more = 0; more < 5; more += 1) throttleLimits(made);
    near(made.throttle.factor, 0.7);
    assert.equal(made.throttle.until, hand.now + 2000);
    let sent = 0;
    for (const end = hand.now + 10_000; hand.now < end; hand.now += 5) sent += sendAll(made);
    assert.ok(sent >= 695 && sent <= 701, `${sent} in 10 s`);
  });

  it('has 0.7 of the rate it was used to when none is declared', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, {});
    for (let tenth = 0; tenth < 100; tenth += 1, hand.now += 100) sendAll(made, 'other', 5);
    throttleLimits(made);
    let sent = 0;
    for (const end = hand.now + 10_000; hand.now < end; hand.now += 10) sent += sendAll(made);
    assert.ok(sent >= 345 && sent <= 355, `${sent} in 10 s, 50 a second before`);
  });

  it('gets a twentieth more for each quiet minute, until nothing is left of it', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, {});
    throttleLimits(made);
    hand.now += 59_000;
    recoverLimits(made);
    near(made.throttle.factor, 0.7);
    const factors = Array.from({ length: 7 }, () => {
      hand.now += 60_000;
      recoverLimits(made);
      return Math.round(made.throttle.factor * 100);
    });
    assert.deepEqual(factors, [75, 80, 85, 90, 95, 100, 100]);
    assert.equal(sendAll(made, 'other', 500), 500);
  });

  it('is cut again when it asks again, and never stands still for good', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, { messagesPerSecond: 100 });
    const factors = Array.from({ length: 12 }, () => {
      throttleLimits(made);
      hand.now = made.throttle.until;
      return made.throttle.factor;
    });
    near(factors[1]!, 0.49);
    assert.equal(factors.at(-1), 0.05);
  });

  it('keeps its factor when it is edited, and loses it when another rate is declared', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, { messagesPerSecond: 100 });
    throttleLimits(made);
    applyDeclared(made, declaring({ messagesPerSecond: 100, messagesPerDay: 1000 }));
    near(made.throttle.factor, 0.7);
    applyDeclared(made, declaring({ messagesPerSecond: 50 }));
    assert.equal(made.throttle.factor, 1);
  });
});
