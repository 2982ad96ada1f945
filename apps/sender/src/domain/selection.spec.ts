import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '@sendpool/kernel';
import fc from 'fast-check';
import { createSelector, type Selector } from './selection.ts';

const names = 'abcdefghij';
const members = (count: number): string[] => names.slice(0, count).split('');

const run = (selector: Selector, weights: readonly number[], count: number): string => {
  const picks = Array.from({ length: count }, () => names[selector.pick('other', weights)] ?? '-');
  return picks.join(' ');
};

const sequenceOf = (weights: readonly number[], count: number): string =>
  run(createSelector(members(weights.length)), weights, count);

const harmonic = (count: number): number =>
  Array.from({ length: count }, (_, index) => 1 / (index + 1)).reduce((sum, term) => sum + term, 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const weightsOf = (count: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: count, maxLength: count })
    .filter((weights) => sum(weights) > 0);

const pool = fc.integer({ min: 1, max: 10 }).chain((count) => fc.tuple(fc.constant(count), weightsOf(count)));
const providers = fc.constantFrom('gmail', 'microsoft', 'yahoo', 'other');

describe('the sequence of picks', () => {
  it('gives nginx its own example, 5 1 1', () => {
    assert.equal(sequenceOf([5, 1, 1], 7), 'a a b a c a a');
  });

  it('interleaves 10 5 3 and repeats after 18', () => {
    const once = 'a b a c a b a a b c a a b a c a b a';
    assert.equal(sequenceOf([10, 5, 3], 36), `${once} ${once}`);
  });

  it('interleaves 4 3 2 1', () => {
    assert.equal(sequenceOf([4, 3, 2, 1], 10), 'a b c a b d a c b a');
  });

  it('brings a server back after an outage without a burst', () => {
    const selector = createSelector(members(3));
    assert.equal(run(selector, [10, 5, 3], 6), 'a b a c a b');
    assert.equal(run(selector, [0, 5, 3], 6), 'c b b c b b');
    assert.equal(run(selector, [10, 5, 3], 6), 'a c a a b a');
  });

  it('keeps the lags when weights change', () => {
    const selector = createSelector(members(3));
    run(selector, [10, 5, 3], 6);
    assert.equal(run(selector, [1, 1, 1], 6), 'a c b a c b');
  });

  it('lets a new server in at its share', () => {
    const selector = createSelector(members(3));
    run(selector, [10, 5, 3], 6);
    selector.setMembers(members(4));
    assert.equal(run(selector, [10, 5, 3, 10], 14), 'a d a c d b a d a d b a d c');
  });

  it('gives 20 of the 36 picks after an outage of 10,000 to the server with 10 of 18', () => {
    const selector = createSelector(members(3));
    run(selector, [0, 5, 3], 10_000);
    const picks = run(selector, [10, 5, 3], 36);
    assert.equal(picks.split(' ').filter((name) => name === 'a').length, 20);
    assert.doesNotMatch(picks, /a a a/);
  });

  it('says -1 when nobody may send', () => {
    assert.equal(createSelector(members(2)).pick('gmail', [0, 0]), -1);
    assert.equal(createSelector().pick('gmail', []), -1);
  });
});

describe('mailbox providers', () => {
  it('each see every server, also when the order of the list beats the cycle', () => {
    const selector = createSelector(members(3));
    const gmail = [0, 0, 0];
    for (let pick = 0; pick < 36_000; pick += 1) {
      const group = pick % 3 === 0 ? 'gmail' : 'other';
      const chosen = selector.pick(group, [10, 5, 3]);
      if (group === 'gmail') gmail[chosen]! += 1;
    }
    for (const [index, ideal] of [12_000 * (10 / 18), 12_000 * (5 / 18), 12_000 * (3 / 18)].entries())
      assert.ok(Math.abs(gmail[index]! - ideal) <= 4, `server ${index} got ${gmail[index]} of ideally ${ideal}`);
  });

  it('and the whole pool both stay within 4 messages of their shares', () => {
    fc.assert(
      fc.property(pool, fc.array(providers, { minLength: 50, maxLength: 400 }), ([count, weights], groups) => {
        const selector = createSelector(members(count));
        for (const group of groups) {
          selector.pick(group, weights);
          for (const lag of [...selector.lags(), ...selector.lags(group)]) assert.ok(Math.abs(lag) <= 4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('seen for the first time continue where the pool stands', () => {
    const selector = createSelector(members(3));
    run(selector, [10, 5, 3], 7);
    assert.equal(names[selector.pick('gmail', [10, 5, 3])], 'a');
    assert.equal(names[selector.pick('yahoo', [10, 5, 3])], 'b');
  });
});

describe('laws of the one-vector selector', () => {
  it('the lags always sum to 0', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(weightsOf(10), { maxLength: 100 }), (count, all) => {
        const selector = createSelector(members(count));
        for (const weights of all) selector.pick('g', weights.slice(0, count));
        assert.ok(Math.abs(sum(selector.lags())) < 1e-6);
      }),
    );
  });

  it('with everybody eligible nobody is ahead by more than 1 - 1/n or behind by more than H(n) - 1, however the weights change', () => {
    const changing = fc.integer({ min: 1, max: 8 }).chain((count) =>
      fc.array(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: count, maxLength: count }), {
        minLength: 1,
        maxLength: 200,
      }),
    );
    fc.assert(
      fc.property(changing, (all) => {
        const count = all[0]!.length;
        const selector = createSelector(members(count));
        for (const weights of all) {
          selector.pick('g', weights);
          for (const lag of selector.lags()) {
            assert.ok(lag >= -(1 - 1 / count) - 1e-6);
            assert.ok(lag <= harmonic(count) - 1 + 1e-6);
          }
        }
      }),
    );
  });

  it('all lags are 0 after each round of whole weights', () => {
    fc.assert(
      fc.property(pool, ([count, weights]) => {
        const selector = createSelector(members(count));
        for (let pick = 0; pick < sum(weights); pick += 1) selector.pick('g', weights);
        for (const lag of selector.lags()) assert.ok(Math.abs(lag) < 1e-6);
      }),
    );
  });

  it('weights times any number give the same picks', () => {
    fc.assert(
      fc.property(pool, fc.integer({ min: 2, max: 1000 }), ([, weights], factor) => {
        const scaled = weights.map((weight) => weight * factor);
        assert.equal(sequenceOf(scaled, 60), sequenceOf(weights, 60));
      }),
    );
  });

  it('a server that is not eligible, or has weight 0, is never picked and its lag does not move', () => {
    fc.assert(
      fc.property(pool, fc.array(fc.tuple(fc.nat(9), providers), { maxLength: 100 }), ([count, weights], outages) => {
        const selector = createSelector(members(count));
        for (const [out, group] of outages) {
          const now = weights.map((weight, index) => (index === out ? 0 : weight));
          const before = selector.lags();
          const chosen = selector.pick(group, now);
          if (chosen !== -1) assert.ok(now[chosen]! > 0);
          for (const [index, weight] of now.entries())
            if (weight === 0) assert.equal(selector.lags()[index], before[index]);
        }
      }),
    );
  });

  it('of three servers, one that returns gets at most its share of the next picks and 2 more', () => {
    const outage = fc.tuple(weightsOf(3), fc.nat(2), fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(outage, ([weights, out, before, away, after]) => {
        const selector = createSelector(members(3));
        const less = weights.map((weight, index) => (index === out ? 0 : weight));
        run(selector, weights, before);
        run(selector, less, away);
        const picks = run(selector, weights, after).split(' ');
        const got = picks.filter((name) => name === names[out]).length;
        assert.ok(got <= (after * weights[out]!) / sum(weights) + 2);
      }),
    );
  });

  it('a server that is added gets at most its share of the next picks, rounded up, and 1 more', () => {
    fc.assert(
      fc.property(pool, fc.integer({ min: 1, max: 100 }), fc.nat(300), ([count, weights], weight, before) => {
        const selector = createSelector(members(count));
        run(selector, weights, before);
        selector.setMembers([...members(count), 'new']);
        let got = 0;
        for (let picks = 1; picks <= 100; picks += 1) {
          if (selector.pick('other', [...weights, weight]) === count) got += 1;
          assert.ok(got <= Math.ceil((picks * weight) / (sum(weights) + weight)) + 1);
        }
      }),
    );
  });
});

describe('a change of members', () => {
  it('shares out what the leaving one was ahead or behind, so that the lags sum to 0', () => {
    const selector = createSelector(members(3));
    run(selector, [10, 5, 3], 7);
    selector.setMembers(['a', 'c']);
    assert.ok(Math.abs(sum(selector.lags())) < 1e-9);
    assert.ok(Math.abs(sum(selector.lags('other'))) < 1e-9);
  });
});

describe('a random phase', () => {
  it('spreads the first pick of many processes by weight', () => {
    const random = seededRandom(7);
    const first = [0, 0, 0];
    for (let process = 0; process < 1800; process += 1) {
      const selector = createSelector(members(3));
      selector.skip([10, 5, 3], random);
      first[selector.pick('other', [10, 5, 3])]! += 1;
    }
    for (const [index, ideal] of [1000, 500, 300].entries()) assert.ok(Math.abs(first[index]! - ideal) < 100);
  });

  it('keeps the lags within their bounds', () => {
    const selector = createSelector(members(3));
    selector.skip([10, 5, 3], () => 0.5);
    assert.ok(Math.abs(sum(selector.lags())) < 1e-6);
    for (const lag of selector.lags()) assert.ok(Math.abs(lag) < 1);
  });
});
