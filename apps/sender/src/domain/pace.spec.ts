import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { connectionShare, createPace, laneShare, lateMs, rateShare, type Share } from './pace.ts';

const lanesOf = (count: number): number[] => Array.from({ length: count }, (_, lane) => lane);
const shareOf = (owned: Iterable<number>, lanes = 12): Share => ({ owned: new Set(owned), lanes });

describe('a pace', () => {
  it('lets everything go without a rate', () => {
    const pace = createPace();
    for (let message = 0; message < 100; message += 1) pace.take(5);
    assert.ok(pace.nextAt <= 5);
  });

  it('starts empty: the first message waits for one interval', () => {
    const pace = createPace();
    pace.setRate(10, 1000);
    assert.equal(pace.nextAt, 1100);
  });

  it('lets one message go each interval, and saves nothing up while idle', () => {
    const pace = createPace();
    pace.setRate(10, 0);
    pace.take(5000);
    assert.equal(pace.nextAt, 5100 - lateMs);
    pace.take(5100);
    assert.equal(pace.nextAt, 5200 - lateMs);
  });

  it('makes up for timers that come late by milliseconds, so that a high rate is reached', () => {
    const pace = createPace();
    pace.setRate(1000, 0);
    let sent = 0;
    for (let now = 1; now <= 1000; now += 7) for (; pace.nextAt <= now; sent += 1) pace.take(now);
    assert.ok(sent >= 980, `${sent} of 1000`);
  });

  it('goes on from where it was when only the rate is adjusted, and waits longer once when it is told to', () => {
    const pace = createPace();
    pace.setRate(10, 0);
    pace.take(100);
    pace.adjustRate(5);
    assert.equal(pace.nextAt, 200);
    pace.take(200);
    assert.equal(pace.nextAt, 400);
    pace.take(400, 1.5);
    assert.equal(pace.nextAt, 700);
    pace.adjustRate(null);
    assert.equal(pace.nextAt, -Infinity);
  });

  it('never lets more than rate times time, plus one, through', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.array(fc.nat(300), { maxLength: 300 }), (rate, gaps) => {
        const pace = createPace();
        pace.setRate(rate, 0);
        let now = 0;
        let sent = 0;
        for (const gap of gaps) {
          now += gap;
          if (pace.nextAt > now) continue;
          pace.take(now);
          sent += 1;
          assert.ok(sent <= ((now + lateMs) / 1000) * rate + 1);
        }
      }),
    );
  });

  it('stands still with no lane', () => {
    const pace = createPace();
    pace.setRate(rateShare(14, shareOf([])), 0);
    assert.equal(pace.nextAt, Infinity);
  });
});

describe('shares of a limit', () => {
  it('of the rate follow the lanes', () => {
    assert.equal(rateShare(12, shareOf([0, 1, 2])), 3);
    assert.equal(rateShare(null, shareOf([0, 1, 2])), null);
  });

  it('of 10 connections over 4 senders with 3 lanes each are 3, 2, 3 and 2', () => {
    const owners = [0, 1, 2, 3].map((sender) => new Set([0, 1, 2].map((lane) => sender * 3 + lane)));
    assert.deepEqual(
      owners.map((owned) => connectionShare(10, shareOf(owned))),
      [3, 2, 3, 2],
    );
  });

  it('of the connections leave no sender with lanes without one', () => {
    const owners = [new Set([0, 1, 2, 3, 4, 5]), new Set([6, 7, 8, 9, 10, 11]), new Set<number>()];
    assert.deepEqual(
      owners.map((owned) => connectionShare(1, shareOf(owned))),
      [1, 1, 0],
    );
  });

  it('of the connections add up to the cap, and one for each sender that would have none, however the lanes are spread', () => {
    const spread = fc
      .integer({ min: 1, max: 64 })
      .chain((lanes) =>
        fc.tuple(
          fc.constant(lanes),
          fc.integer({ min: 1, max: 200 }),
          fc.array(fc.nat(4), { minLength: lanes, maxLength: lanes }),
        ),
      );
    fc.assert(
      fc.property(spread, ([lanes, cap, owners]) => {
        const slots = Array.from({ length: cap }, (_, slot) => owners[Math.floor((slot * lanes) / cap)]);
        for (const owner of new Set(owners)) {
          const owned = new Set(lanesOf(lanes).filter((lane) => owners[lane] === owner));
          const own = slots.filter((other) => other === owner).length;
          assert.equal(connectionShare(cap, shareOf(owned, lanes)), Math.max(1, own));
        }
      }),
    );
  });

  it('of a number of messages add up to it, and none grows when the number shrinks', () => {
    const spread = fc
      .integer({ min: 1, max: 64 })
      .chain((lanes) =>
        fc.tuple(fc.constant(lanes), fc.nat(1000), fc.array(fc.nat(4), { minLength: lanes, maxLength: lanes })),
      );
    fc.assert(
      fc.property(spread, ([lanes, count, owners]) => {
        const parts = [...new Set(owners)].map((owner) => {
          const share = shareOf(
            lanesOf(lanes).filter((lane) => owners[lane] === owner),
            lanes,
          );
          if (count > 0) assert.ok(laneShare(count - 1, share) <= laneShare(count, share));
          return laneShare(count, share);
        });
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0),
          count,
        );
      }),
    );
  });
});
