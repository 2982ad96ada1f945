import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePlan, processKinds, type Fault, type PlanOptions } from './plan.ts';

const options: PlanOptions = {
  seed: 1,
  lengthMs: 3_600_000,
  scenario: 'mixed',
  fleet: { gateway: 2, config: 1, scheduler: 2, sender: 3, stats: 2, broker: 1, postgres: 1 },
  only: processKinds,
  everyMs: 4_000,
  sessionMs: 10_000,
};

const count = (plan: readonly Fault[], holds: (fault: Fault) => boolean): number => plan.filter(holds).length;

describe('the plan of a fault run', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    assert.deepEqual(makePlan(options), makePlan(options));
    assert.notDeepEqual(makePlan(options), makePlan({ ...options, seed: 2 }));
  });

  it('strikes every kind of process with every fault that it can have', () => {
    const seen = new Set(makePlan(options).map(({ kind, fault }) => `${kind} ${fault}`));
    const services = ['gateway', 'config', 'scheduler', 'sender', 'stats'];
    const wanted = services.flatMap((kind) => ['KILL', 'TERM', 'PAUSE'].map((fault) => `${kind} ${fault}`));
    const others = ['sender ADD', 'sender REMOVE', 'postgres CRASH', 'postgres DOWN', 'broker KILL', 'broker TERM'];
    for (const pair of [...wanted, ...others, 'broker DOWN']) assert.ok(seen.has(pair), pair);
  });

  it('has pauses on both sides of the session time-out', () => {
    const pauses = makePlan(options).filter(({ fault, kind }) => fault === 'PAUSE' && kind === 'sender');
    assert.ok(count(pauses, ({ forMs }) => forMs < options.sessionMs) > 3);
    assert.ok(count(pauses, ({ forMs }) => forMs > options.sessionMs) > 3);
  });

  it('takes away only senders that were added, and strikes nobody that is not there', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const present = new Set(['sender-1', 'sender-2', 'sender-3']);
      for (const { fault, kind, target } of makePlan({ ...options, seed })) {
        if (kind !== 'sender') continue;
        if (fault === 'ADD') assert.ok(!present.has(target));
        else assert.ok(present.has(target), target);
        if (fault === 'ADD') present.add(target);
        if (fault === 'REMOVE') present.delete(target);
        assert.ok(present.size >= 3 && present.size <= 5);
      }
    }
  });

  it('ends before the time is over, in the order of time', () => {
    const plan = makePlan({ ...options, lengthMs: 180_000 });
    for (const [index, { atMs, forMs }] of plan.entries()) {
      assert.ok(atMs >= (plan[index - 1]?.atMs ?? 0) && atMs + forMs < 180_000);
    }
    assert.ok(plan.length >= 15, `${plan.length}`);
  });

  it('strikes only what it is told to, and no broker where there is none', () => {
    const only = makePlan({ ...options, only: ['stats', 'broker'] });
    assert.deepEqual([...new Set(only.map(({ kind }) => kind))].sort(), ['broker', 'stats']);
    const without = makePlan({ ...options, fleet: { ...options.fleet, broker: 0 } });
    assert.equal(
      count(without, ({ kind }) => kind === 'broker'),
      0,
    );
  });

  it('has twenty crashes of PostgreSQL in five minutes, and the broker down for a minute twice in four', () => {
    const crashes = makePlan({ ...options, scenario: 'postgres-crashes', lengthMs: 300_000 });
    assert.ok(crashes.length >= 20, `${crashes.length}`);
    const downs = makePlan({ ...options, scenario: 'broker-down', lengthMs: 240_000 });
    assert.deepEqual(
      downs.map(({ forMs }) => forMs),
      [60_000, 60_000],
    );
  });

  it('asks every kind of process to end in turn in the scenario sigterm', () => {
    const plan = makePlan({ ...options, scenario: 'sigterm', lengthMs: 120_000 });
    assert.deepEqual([...new Set(plan.map(({ fault }) => fault))], ['TERM']);
    assert.equal(new Set(plan.map(({ kind }) => kind)).size, 6);
  });
});
