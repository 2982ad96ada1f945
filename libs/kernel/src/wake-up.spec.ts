import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWakeUp } from './wake-up.ts';

const never = new AbortController().signal;

const elapsed = async (work: Promise<void>): Promise<number> => {
  const began = performance.now();
  await work;
  return performance.now() - began;
};

test('news wake everybody who waits at once, and what follows soon wakes them together later', async () => {
  const wakeUp = createWakeUp(200);
  const first = [wakeUp.wait(5000, never), wakeUp.wait(5000, never)];
  wakeUp.ring();
  for (const wait of first) assert.ok((await elapsed(wait)) < 100);
  const second = wakeUp.wait(5000, never);
  for (let news = 0; news < 5; news += 1) wakeUp.ring();
  const took = await elapsed(second);
  assert.ok(took > 120 && took < 1000, String(took));
});

test('whoever waits goes on without news after its time, and when it is called away', async () => {
  const wakeUp = createWakeUp(0);
  assert.ok((await elapsed(wakeUp.wait(30, never))) >= 25);
  const gone = new AbortController();
  const wait = wakeUp.wait(60_000, gone.signal);
  gone.abort();
  assert.ok((await elapsed(wait)) < 1000);
  assert.ok((await elapsed(wakeUp.wait(60_000, gone.signal))) < 1000, 'at once');
});
