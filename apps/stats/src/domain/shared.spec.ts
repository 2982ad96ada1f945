import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { createShared } from './shared.ts';

const watched = (lingerMs: number, fails = 0) => {
  const calls: string[] = [];
  let left = fails;
  let retire: (() => void) | undefined;
  const shared = createShared(async (retireIt) => {
    calls.push('open');
    if (left-- > 0) throw new Error('not now');
    retire = retireIt;
    return { close: async () => void calls.push('close') };
  }, lingerMs);
  return { shared, calls, retire: () => retire?.() };
};

test('all who come share one thing, and it is closed a while after the last one has gone', async () => {
  const { shared, calls } = watched(30);
  const [one, other] = await Promise.all([shared.join(), shared.join()]);
  assert.equal(one.thing, other.thing);
  one.leave();
  one.leave();
  await sleep(60);
  assert.deepEqual(calls, ['open'], 'the other one still uses it');
  other.leave();
  await sleep(60);
  assert.deepEqual(calls, ['open', 'close']);
  (await shared.join()).leave();
  assert.deepEqual(calls, ['open', 'close', 'open']);
});

test('who comes back before it is closed finds it open', async () => {
  const { shared, calls } = watched(30);
  (await shared.join()).leave();
  const again = await shared.join();
  await sleep(60);
  assert.deepEqual(calls, ['open']);
  again.leave();
});

test('what could not be opened is tried anew by the next one, and what is retired is not given to anybody more', async () => {
  const { shared, calls, retire } = watched(30, 1);
  await assert.rejects(shared.join(), /not now/);
  const first = await shared.join();
  retire();
  const second = await shared.join();
  assert.notEqual(first.thing, second.thing);
  assert.deepEqual(calls, ['open', 'open', 'open', 'close']);
  await shared.close();
  assert.equal(calls.at(-1), 'close');
});
