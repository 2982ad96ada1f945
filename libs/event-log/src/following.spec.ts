import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { createFollower as createKafkaFollower } from './kafka/follower.ts';
import { createKeeper } from './parts.ts';
import { createFollower as createPostgresFollower } from './postgres/follower.ts';
import type { KeptFollower, Faults } from './following.ts';

type Begin = (faults: Faults, read: () => Promise<void>) => KeptFollower;

/** Both adapters, on a log that is empty or fails as `read` does. */
const adapters: Record<string, Begin> = {
  Kafka: (faults, read) =>
    createKafkaFollower({
      ...faults,
      reader: { read: () => read().then(() => ({ runs: [], isAtEnd: true })) },
      readEnd: () => Promise.resolve(0),
      onRecord: () => undefined,
      close: () => undefined,
    }),
  PostgreSQL: (faults, read) =>
    createPostgresFollower({
      ...faults,
      read: () => read().then(() => []),
      subscribe: (onSignal) => {
        const timer = setInterval(onSignal, 20);
        return () => clearInterval(timer);
      },
      onRecord: () => undefined,
    }),
};

const until = async (isTrue: () => boolean): Promise<void> => {
  const end = performance.now() + 5000;
  while (!isTrue() && performance.now() < end) await sleep(5);
  assert.ok(isTrue());
};

for (const [name, begin] of Object.entries(adapters)) {
  test(`a follower on ${name} tells the first fault of a row, and its log is not ready once it has failed for a while`, async () => {
    const told: string[] = [];
    let isBroken = true;
    const faults = { topic: 'keys', onWarning: (message: string) => void told.push(message), patienceMs: 300 };
    const keeper = createKeeper();
    const follower = keeper.keep(
      begin(faults, async () => {
        await sleep(2);
        if (isBroken) throw new Error('no right to read');
      }),
    );
    await until(() => told.length > 0);
    assert.ok(keeper.goesOn());
    await until(() => !keeper.goesOn());
    assert.deepEqual(told, ['the follower of keys failed and is tried again: no right to read']);
    isBroken = false;
    await until(() => keeper.goesOn());
    isBroken = true;
    await until(() => told.length === 2);
    await follower.close();
    assert.ok(keeper.goesOn());
  });

  test(`a follower on ${name} ends in time though its read does not, and tells no fault of what it ended itself`, async () => {
    const told: string[] = [];
    const { promise: answer, reject } = Promise.withResolvers<void>();
    const faults = { topic: 'keys', onWarning: (message: string) => void told.push(message), closeMs: 100 };
    const follower = begin(faults, () => answer);
    await sleep(10);
    const began = performance.now();
    await follower.close();
    assert.ok(performance.now() - began < 1000);
    reject(new Error('the connection is closed'));
    await sleep(10);
    assert.deepEqual(told, []);
  });
}
