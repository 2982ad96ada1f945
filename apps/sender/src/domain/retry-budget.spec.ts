import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRetryBudget, type RetryBudget } from './retry-budget.ts';

const takeAll = (budget: RetryBudget, now: number): number => {
  let taken = 0;
  while (budget.take(now)) taken += 1;
  return taken;
};

describe('a retry budget', () => {
  it('lets ten messages a second move on when little is sent', () => {
    const budget = createRetryBudget();
    assert.equal(takeAll(budget, 5000), 100);
    assert.equal(takeAll(budget, 14_000), 0);
    assert.equal(takeAll(budget, 15_000), 100);
  });

  it('lets a fifth of what is sent move on beside', () => {
    const budget = createRetryBudget();
    for (let time = 0; time < 1000; time += 1) budget.sent(5000);
    assert.equal(takeAll(budget, 6000), 300);
  });

  it('never lets more than a fifth of the sends and ten a second through in ten seconds', () => {
    const step = fc.record({ gap: fc.nat(3000), sends: fc.nat(300), hops: fc.nat(300) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = createRetryBudget();
        const sent: number[] = [];
        const moved: number[] = [];
        let now = 0;
        for (const { gap, sends, hops } of steps) {
          now += gap;
          const second = Math.floor(now / 1000);
          for (let time = 0; time < sends; time += 1) {
            budget.sent(now);
            sent.push(second);
          }
          const recent = (all: readonly number[]): number => all.filter((at) => at > second - 10).length;
          const before = moved.length;
          for (let time = 0; time < hops; time += 1) if (budget.take(now)) moved.push(second);
          if (moved.length > before) assert.ok(recent(moved) <= 0.2 * recent(sent) + 100);
        }
      }),
    );
  });
});
