import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAllowance, createTurns, type Steps } from './in-turns.ts';

/** So many steps of one unit. */
const stepsOf = function* (count: number, eachStep: () => void = () => undefined): Steps<number> {
  for (let at = 0; at < count; at += 1) {
    eachStep();
    yield 1;
  }
  return count;
};
const create = (units: number) => {
  const run = { now: 0, turns: 0 };
  const turn = async () => {
    run.turns += 1;
  };
  return { run, workOut: createAllowance({ turn, monotonic: () => run.now }, units) };
};

describe('a calculation in turns', () => {
  it('takes a new turn every ten milliseconds, and comes to the same result', async () => {
    const { run, workOut } = create(1000);
    const steps = stepsOf(50, () => {
      run.now += 3;
    });
    assert.equal(await workOut(steps), 50);
    // Four steps of 3 ms fill a turn; the last turn has the other two.
    assert.equal(run.turns, 13);
  });

  it('comes after the one that its request asked for before', async () => {
    const { workOut } = create(1000);
    const order: string[] = [];
    const named = (name: string) => stepsOf(3, () => order.push(name));
    await Promise.all(['a', 'b'].map((name) => workOut(named(name))));
    assert.equal(order.join(''), 'aaabbb');
  });

  it('is given up when its request has no work left, while the ones before are answered', async () => {
    const { workOut } = create(250);
    let taken = 0;
    const each = () => {
      taken += 1;
    };
    const results = await Promise.all(Array.from({ length: 30 }, () => workOut(stepsOf(100, each))));
    assert.deepEqual(results, [100, 100, ...Array.from({ length: 28 }, () => undefined)]);
    assert.equal(taken, 250);
  });

  it('does not fail because the one before did', async () => {
    const { workOut } = create(10);
    const broken = workOut(
      stepsOf(1, () => {
        throw new Error('broken');
      }),
    );
    const next = workOut(stepsOf(2));
    await assert.rejects(broken, /broken/);
    assert.equal(await next, 2);
  });
});

describe('turns', () => {
  it('let one go on in each round of the event loop, in their order', async () => {
    const turn = createTurns();
    let round = 0;
    const count = (): void => {
      round += 1;
      if (round < 20) setImmediate(count);
    };
    setImmediate(count);
    const rounds = await Promise.all(Array.from({ length: 5 }, () => turn().then(() => round)));
    assert.equal(new Set(rounds).size, 5);
    assert.deepEqual(
      rounds,
      rounds.toSorted((one, other) => one - other),
    );
  });
});
