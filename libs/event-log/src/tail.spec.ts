import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Found, Wanted } from './group/delivery.ts';
import type { StoredRecord } from './port.ts';
import { createTail } from './tail.ts';

const recordAt = (offset: number): StoredRecord => ({
  partition: 0,
  offset,
  key: null,
  value: Buffer.alloc(0),
  at: 0,
});

/** A log of one partition that a spec may shorten. `ends`: what the log says of its end, one answer after the other; else the truth. */
const logOf = (offsets: number[], ends: number[] = []) => {
  return {
    offsets,
    bounds: async () => [{ partition: 0, first: offsets[0] ?? 0, next: ends.shift() ?? (offsets.at(-1) ?? -1) + 1 }],
    read: async (wanted: readonly Wanted[]): Promise<Found> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const records = offsets.filter((offset) => offset >= wanted[0]!.offset).map(recordAt);
      return { runs: records.length > 0 ? [records] : [], isAtEnd: true };
    },
  };
};

const tailOf = (log: ReturnType<typeof logOf>) => {
  const seen: number[] = [];
  const tail = createTail({
    topic: 't',
    from: new Map(),
    onRecords: (records) => void seen.push(...records.map(({ offset }) => offset)),
    onWarning: () => undefined,
    bounds: log.bounds,
    read: log.read,
    wake: () => undefined,
  });
  return { seen, close: tail.close };
};

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

const pass = async (seconds: number): Promise<void> => {
  for (let step = 0; step < seconds * 10; step++) {
    await settle();
    now += 100;
    mock.timers.tick(100);
  }
  await settle();
};

let now = 0;

const withClock = async (work: () => Promise<void>): Promise<void> => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const clock = mock.method(performance, 'now', () => now);
  try {
    await work();
  } finally {
    clock.mock.restore();
    mock.timers.reset();
  }
};

const ended = async (close: () => Promise<void>): Promise<void> => {
  const closed = close();
  await pass(5);
  await closed;
};

test('a tail whose log has lost what was read reads all that it holds now', () =>
  withClock(async () => {
    const log = logOf([0, 1, 2, 3, 4]);
    const { seen, close } = tailOf(log);
    await pass(1);
    log.offsets.splice(0, 5, 0, 1);
    await pass(15);
    log.offsets.push(2);
    await pass(1);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 0, 1, 2]);
    await ended(close);
  }));

test('a log that says once that it ends too early has lost nothing', () =>
  withClock(async () => {
    const log = logOf([0, 1, 2], [3, 1]);
    const { seen, close } = tailOf(log);
    await pass(15);
    log.offsets.push(3);
    await pass(6);
    assert.deepEqual(seen, [0, 1, 2, 3]);
    await ended(close);
  }));
