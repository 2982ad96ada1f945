import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lowerBound, neededRate, rateOf, zAgainst } from './bounce-test.ts';

test('the smallest rates that can take a server out are those of selection.md', () => {
  const needed = [500, 2000, 10_000, 50_000].map((sends) => (neededRate(sends, 0.03, 4) * 100).toFixed(2));
  assert.deepEqual(needed, ['6.20', '4.55', '3.69', '3.31']);
});

const sends = fc.integer({ min: 1, max: 100_000 });
const limit = fc.double({ min: 0.001, max: 0.5, noNaN: true });
const z = fc.constantFrom(2.5, 4);

test('the needed rate is the smallest whose lower bound is above the limit', () => {
  fc.assert(
    fc.property(sends, limit, z, (count, allowed, width) => {
      const bounced = Math.round(neededRate(count, allowed, width) * count);
      assert.ok(bounced === count || lowerBound({ sends: count, bounced }, width) > allowed - 1e-12);
      assert.ok(lowerBound({ sends: count, bounced: bounced - 1 }, width) <= allowed + 1e-12);
    }),
  );
});

test('the lower bound is below the rate and not below nothing', () => {
  fc.assert(
    fc.property(sends, fc.double({ min: 0, max: 1, noNaN: true }), z, (count, part, width) => {
      const own = { sends: count, bounced: Math.floor(count * part) };
      const bound = lowerBound(own, width);
      assert.ok(bound >= 0 && bound <= rateOf(own) + 1e-12);
    }),
  );
});

test('two equal rates are no difference, and a difference has a sign', () => {
  assert.equal(zAgainst({ sends: 1000, bounced: 30 }, { sends: 500, bounced: 15 }), 0);
  const worse = zAgainst({ sends: 1000, bounced: 60 }, { sends: 1000, bounced: 20 })!;
  const better = zAgainst({ sends: 1000, bounced: 20 }, { sends: 1000, bounced: 60 })!;
  assert.ok(Math.abs(worse - 4.564) < 0.001, String(worse));
  assert.equal(better, -worse);
});

test('nothing can be compared with nothing', () => {
  assert.equal(zAgainst({ sends: 10, bounced: 1 }, { sends: 0, bounced: 0 }), null);
  assert.equal(zAgainst({ sends: 10, bounced: 0 }, { sends: 10, bounced: 0 }), 0);
  assert.equal(lowerBound({ sends: 0, bounced: 0 }, 4), 0);
  assert.equal(neededRate(0, 0.03, 4), 1);
});
