import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect } from './collect.fixture.ts';
import { createEndable, endableOf } from './endable.ts';

/** A source that never has a value. */
const silent = () => {
  const state = { closed: 0 };
  const source = { next: () => new Promise<string | undefined>(() => {}), close: () => void (state.closed += 1) };
  return { state, stream: createEndable<string>(source) };
};

describe('an endable stream', () => {
  it('ends at once for whoever waits, though its source is silent', async () => {
    for (const end of ['end', 'return'] as const) {
      const { state, stream } = silent();
      const next = stream.next();
      void stream[end]();
      assert.deepEqual(await next, { done: true, value: undefined });
      assert.equal(state.closed, 1);
    }
  });

  it('gives its last word to whoever waits, or asks next, and to nobody after', async () => {
    for (const isWaiting of [true, false]) {
      const { stream } = silent();
      const waiting = isWaiting ? stream.next() : undefined;
      stream.end('bye');
      stream.end('again');
      assert.deepEqual(await (waiting ?? stream.next()), { done: false, value: 'bye' });
      assert.equal((await stream.next()).done, true);
    }
  });

  it('has no last word for whoever left', async () => {
    const { stream } = silent();
    stream.end('bye');
    await stream.return();
    assert.equal((await stream.next()).done, true);
  });

  it('drops what its source brings after the end', async () => {
    const late = Promise.withResolvers<string | undefined>();
    const stream = createEndable<string>({ next: () => late.promise, close: () => {} });
    const next = stream.next();
    stream.end();
    late.resolve('late');
    assert.equal((await next).done, true);
    assert.equal((await stream.next()).done, true);
  });

  it('ends with its source, and closes it', async () => {
    assert.deepEqual(await collect(endableOf(1, 2, 3)), [1, 2, 3]);
    let closed = 0;
    const stream = createEndable<number>({ next: async () => undefined, close: () => void (closed += 1) });
    assert.deepEqual(await collect(stream), []);
    assert.equal(closed, 1);
  });
});
