import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createConnectionPlan, type ConnectionPlan } from './connection-plan.ts';

const planOf = (share: number): ConnectionPlan => {
  const plan = createConnectionPlan();
  plan.setShare(share);
  return plan;
};

const succeed = (plan: ConnectionPlan, times: number, now: number): void => {
  for (let time = 0; time < times; time += 1) plan.succeeded(now);
};

describe('a connection plan', () => {
  it('starts at the share of the cap', () => assert.equal(planOf(10).size, 10));

  it('has one connection less at once for each refusal, and never less than one', () => {
    const plan = planOf(4);
    plan.refused(0);
    assert.equal(plan.size, 3);
    for (let time = 0; time < 10; time += 1) plan.refused(0);
    assert.equal(plan.size, 1);
    assert.equal(planOf(0).size, 0);
  });

  it('has one more after as many successes as there are connections', () => {
    const plan = planOf(10);
    for (let time = 0; time < 6; time += 1) plan.refused(0);
    succeed(plan, 3, 2000);
    assert.equal(plan.size, 4);
    succeed(plan, 1, 2000);
    assert.equal(plan.size, 5);
    succeed(plan, 4, 2000);
    assert.equal(plan.size, 5);
    succeed(plan, 1, 2000);
    assert.equal(plan.size, 6);
  });

  it('does not knock again within a second, however much succeeds', () => {
    const plan = planOf(4);
    plan.refused(0);
    succeed(plan, 1000, 999);
    assert.equal(plan.size, 3);
    succeed(plan, 3, 1000);
    assert.equal(plan.size, 4);
  });

  it('keeps what was learnt when the share changes, and follows the share when nothing was', () => {
    const plan = planOf(4);
    plan.setShare(8);
    assert.equal(plan.size, 8);
    plan.refused(0);
    plan.setShare(12);
    assert.equal(plan.size, 7);
    plan.setShare(5);
    assert.equal(plan.size, 5);
    plan.refused(0);
    plan.renew();
    assert.equal(plan.size, 5);
  });

  it('stays between one and the share whatever happens', () => {
    const step = fc.oneof(fc.constantFrom('REFUSED', 'SUCCEEDED'), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step), fc.array(fc.nat(800)), (steps, gaps) => {
        const plan = planOf(5);
        let share = 5;
        let now = 0;
        for (const [index, one] of steps.entries()) {
          now += gaps[index] ?? 100;
          if (one === 'REFUSED') plan.refused(now);
          else if (one === 'SUCCEEDED') plan.succeeded(now);
          else plan.setShare((share = one));
          assert.ok(plan.size >= Math.min(1, share) && plan.size <= share);
        }
      }),
    );
  });
});
