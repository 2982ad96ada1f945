import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isId, newId, timeOfId } from './ids.ts';

it('an id holds the time at which it was made, and sorts by it', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(time, time, (one, other) => {
      const id = newId(one);
      assert.deepEqual([isId(id), timeOfId(id).getTime()], [true, one]);
      if (one < other) assert.ok(id < newId(other));
    }),
  );
});
