import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKeyUses } from './key-uses.ts';

const setUp = () => {
  const clock = { now: 1 };
  return { clock, uses: createKeyUses(() => clock.now) };
};

describe('the uses of keys', () => {
  it('are told once for each key, however often it was used, with the latest time', () => {
    const { clock, uses } = setUp();
    for (; clock.now < 100; clock.now += 1) uses.note('a');
    uses.note('b');
    assert.deepEqual(uses.take(), [
      { id: 'a', at: 99 },
      { id: 'b', at: 100 },
    ]);
    assert.deepEqual(uses.take(), []);
  });

  it('are told again when they could not be told, unless the key was used since', () => {
    const { clock, uses } = setUp();
    uses.note('a');
    uses.note('b');
    const taken = uses.take();
    clock.now = 2;
    uses.note('b');
    uses.putBack(taken);
    assert.deepEqual(
      new Map(uses.take().map(({ id, at }) => [id, at])),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
  });
});
