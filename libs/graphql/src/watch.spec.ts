import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError, sleep } from '@sendpool/kernel';
import { createWatch, type WatchOptions } from './watch.ts';

const everyMs = 60;

const world = (overrides: Partial<WatchOptions<{ n: number }>> = {}) => {
  const values = new Map<string, { n: number }>([
    ['a', { n: 1 }],
    ['b', { n: 1 }],
  ]);
  const reads: (readonly string[])[] = [];
  const faults: unknown[] = [];
  const watch = createWatch<{ n: number }>({
    read: async (keys) => {
      reads.push(keys);
      return structuredClone(values);
    },
    notFound: 'there is no such thing',
    everyMs,
    onFault: (error) => faults.push(error),
    ...overrides,
  });
  const end = new AbortController();
  /** Values that come within some milliseconds. */
  const collect = (key: string): number[] => {
    const seen: number[] = [];
    void (async () => {
      for await (const { n } of watch.follow(key, end.signal)) seen.push(n);
      seen.push(-1);
    })();
    return seen;
  };
  return { values, reads, faults, watch, end, collect };
};

test('many who watch the same are one read, get the value of now at once, and another one only when it changes', async () => {
  const { values, reads, end, collect } = world();
  const seen = Array.from({ length: 50 }, () => collect('a'));
  const other = collect('b');
  await sleep(20);
  assert.deepEqual(reads, [['a', 'b']]);
  assert.deepEqual(
    [...seen, other],
    Array.from({ length: 51 }, () => [1]),
  );
  await sleep(3 * everyMs);
  assert.ok(reads.length >= 3 && reads.every((keys) => keys.length === 2));
  assert.deepEqual(seen[0], [1], 'the same value is not told again');
  values.set('a', { n: 2 });
  await sleep(3 * everyMs);
  assert.deepEqual([seen[49], other], [[1, 2], [1]]);
  assert.deepEqual(collect('a'), []);
  await sleep(5);
  end.abort();
  await sleep(5);
  assert.deepEqual(seen[0], [1, 2, -1]);
});

test('while nobody watches nothing is read, and who comes later gets the value of now', async () => {
  const { values, reads, watch, end } = world();
  const first = new AbortController();
  const stream = watch.follow('a', first.signal);
  assert.deepEqual((await stream.next()).value, { n: 1 });
  first.abort();
  await stream.next();
  await sleep(3 * everyMs);
  const before = reads.length;
  await sleep(3 * everyMs);
  assert.equal(reads.length, before);
  values.set('a', { n: 9 });
  const late = watch.follow('a', end.signal);
  assert.deepEqual((await late.next()).value, { n: 9 });
  await late.return(undefined);
  end.abort();
});

test('values come no faster than they are read, and a slow watcher gets the newest alone', async () => {
  let n = 0;
  const { watch, end, reads } = world();
  const counting = createWatch<{ n: number }>({
    read: async (keys) => new Map(keys.map((key) => [key, { n: (n += 1) }])),
    notFound: '',
    everyMs,
    onFault: () => undefined,
  });
  const began = performance.now();
  const stream = counting.follow('a', end.signal);
  assert.equal((await stream.next()).value?.n, 1);
  assert.equal((await stream.next()).value?.n, 2);
  assert.ok(performance.now() - began >= everyMs - 15);
  await sleep(5 * everyMs);
  const newest = (await stream.next()).value?.n ?? 0;
  assert.ok(newest > 3, `not the next one, but the newest: ${newest}`);
  await stream.return(undefined);
  end.abort();
  assert.deepEqual([reads.length, (await watch.follow('a', end.signal).next()).done], [0, true]);
});

test('a watch ends after its last value', async () => {
  const { values, collect, end } = world({ isLast: ({ n }) => n === 3 });
  const seen = collect('a');
  await sleep(20);
  values.set('a', { n: 3 });
  await sleep(4 * everyMs);
  assert.deepEqual(seen, [1, 3, -1]);
  end.abort();
});

test('what is not found is told as that', async () => {
  const { watch, end } = world();
  const stream = watch.follow('nobody', end.signal);
  await assert.rejects(stream.next(), (error) => isAppError(error, 'NOT_FOUND'));
  end.abort();
});

test('a read that fails is told to who has no value yet, and others go on when it works again', async () => {
  let isBroken = false;
  let n = 1;
  const { watch, faults, end } = world({
    read: async (keys) => {
      if (isBroken) throw new Error('no database');
      return new Map(keys.map((key) => [key, { n }]));
    },
  });
  const stream = watch.follow('a', end.signal);
  await stream.next();
  const next = stream.next();
  isBroken = true;
  await sleep(3 * everyMs);
  await assert.rejects(watch.follow('b', end.signal).next(), /no database/);
  isBroken = false;
  n = 2;
  assert.deepEqual((await next).value, { n: 2 });
  assert.equal(faults.length, 1, 'once for a row of faults');
  await stream.return(undefined);
  end.abort();
});
