import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createFifo } from './fifo.ts';

type Step = { do: 'push' | 'shift' | 'unshift' | 'take' | 'reject' | 'drain'; number: number };

const keep = (item: number): boolean => item % 3 !== 0;

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('push', 'push', 'push', 'shift', 'shift', 'unshift', 'take', 'reject', 'drain'),
  number: fc.nat(1000),
});

it('does what an array does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const fifo = createFifo<number>();
      let model: number[] = [];
      for (const { do: what, number } of steps) {
        if (what === 'push') model.push((fifo.push(number), number));
        if (what === 'shift') assert.equal(fifo.shift(), model.shift());
        if (what === 'unshift') model.unshift(...(fifo.unshift([number, number + 1]), [number, number + 1]));
        if (what === 'take') {
          const at = model.findIndex((item) => item % 7 === 0);
          assert.equal(
            fifo.take((item) => item % 7 === 0),
            at === -1 ? undefined : model.splice(at, 1)[0],
          );
        }
        if (what === 'drain' && number % 5 === 0) assert.deepEqual(fifo.drain(), model.splice(0));
        if (what === 'reject') {
          assert.deepEqual(
            fifo.reject(keep),
            model.filter((item) => !keep(item)),
          );
          model = model.filter(keep);
        }
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.peek(), model[0]);
      }
    }),
  );
});

it('gives back the room of what was taken, also when it never runs empty', () => {
  const fifo = createFifo<number>();
  fifo.push(0);
  for (let number = 1; number <= 10_000; number += 1) {
    fifo.push(number);
    assert.equal(fifo.shift(), number - 1);
  }
  assert.deepEqual(fifo.drain(), [10_000]);
});

it('keeps what is pushed while it is sifted', () => {
  const fifo = createFifo<number>();
  for (const item of [1, 2, 3]) fifo.push(item);
  const refused = fifo.reject((item) => {
    fifo.push(item + 10);
    return item !== 2;
  });
  assert.deepEqual(refused, [2]);
  assert.deepEqual(fifo.drain(), [1, 3, 11, 12, 13]);
});
