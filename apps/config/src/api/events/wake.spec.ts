import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWake } from './wake.ts';

const never = new AbortController().signal;
const isQuick = async (wait: Promise<void>): Promise<void> => {
  const late = new Promise((resolve) => setTimeout(resolve, 1000, 'late'));
  assert.notEqual(await Promise.race([wait, late]), 'late');
};

describe('a wake', () => {
  it('ends the present wait', async () => {
    const { wake, wait } = createWake();
    const waiting = wait(60_000, never);
    wake();
    await isQuick(waiting);
  });

  it('that came while nobody waited ends the next wait, and only that one', async () => {
    const { wake, wait } = createWake();
    wake();
    await isQuick(wait(60_000, never));
    const started = performance.now();
    await wait(30, never);
    assert.ok(performance.now() - started >= 25);
  });

  it('does not hold up the end', async () => {
    const { wait } = createWake();
    const ending = new AbortController();
    const waiting = wait(60_000, ending.signal);
    ending.abort();
    await isQuick(waiting);
    await isQuick(wait(60_000, ending.signal));
  });
});
