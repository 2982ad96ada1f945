import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createChannel, type Channel } from './channel.ts';
import { collect } from './collect.fixture.ts';

describe('a channel', () => {
  it('keeps what comes before it is asked for, in order, and ends after the last', async () => {
    const channel = createChannel<number>({ maxValues: 10 });
    [1, 2, 3].forEach((value) => channel.push(value));
    channel.finish();
    assert.deepEqual(await collect(channel), [1, 2, 3]);
  });

  it('wakes whoever waits', async () => {
    const channel = createChannel<number>({ maxValues: 10 });
    const next = channel.next();
    channel.push(1);
    assert.deepEqual(await next, { done: false, value: 1 });
  });

  it('takes no more values, nor bytes, than it may hold, and one of any size when it is empty', async () => {
    const channel = createChannel<number>({ maxValues: 3, maxBytes: 100, sizeOf: (value) => value });
    assert.deepEqual(
      [500, 1].map((value) => channel.push(value)),
      [true, false],
    );
    assert.deepEqual(await channel.next(), { done: false, value: 500 });
    assert.deepEqual(
      [50, 50, 1].map((value) => channel.push(value)),
      [true, true, false],
    );
    await channel.next();
    assert.deepEqual(
      [1, 1, 1].map((value) => channel.push(value)),
      [true, true, false],
    );
  });

  it('drops what is queued when it is ended, but for the last word', async () => {
    const channel = createChannel<number>({ maxValues: 10 });
    [1, 2].forEach((value) => channel.push(value));
    channel.end(9);
    assert.equal(channel.push(3), true, 'what comes later is of no interest to anybody');
    assert.deepEqual(await collect(channel), [9]);
  });

  it('tells once that it is closed, however it ends', async () => {
    for (const end of [
      async (channel: Channel<number>) => channel.end(),
      (channel: Channel<number>) => channel.return(),
      (channel: Channel<number>) => {
        channel.finish();
        return collect(channel);
      },
    ]) {
      let closed = 0;
      const channel = createChannel<number>({ maxValues: 1, onClose: () => (closed += 1) });
      await end(channel);
      await channel.return();
      assert.equal(closed, 1);
    }
  });
});
