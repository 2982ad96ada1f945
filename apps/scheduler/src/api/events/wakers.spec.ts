import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWakers } from './wakers.ts';

const took = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

test('a lane sleeps its time, and not when it was woken before', async () => {
  const wakers = createWakers();
  assert.ok((await took(() => wakers.idle(0, 30))) >= 29);
  wakers.wake(0);
  assert.ok((await took(() => wakers.idle(0, 5000))) < 1000);
});

test('a sleeping lane is woken alone, or with all others', async () => {
  const wakers = createWakers();
  const [one, two] = [wakers.idle(1, 5000), wakers.idle(2, 5000)];
  wakers.wake(1);
  await one;
  wakers.wakeAll();
  await two;
});

test('room for half a slice wakes at once, less of it only after others had time to come', async () => {
  const wakers = createWakers();
  assert.ok(
    (await took(() => {
      wakers.settled(0, 256);
      return wakers.idle(0, 5000);
    })) < 100,
  );
  const little = await took(() => {
    wakers.settled(0, 5);
    return wakers.idle(0, 5000);
  });
  assert.ok(little >= 190 && little < 2000);
});
