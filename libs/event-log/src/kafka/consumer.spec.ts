import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '@sendpool/kernel';
import type { ConsumeOptions } from '../port.ts';
import { createConsumer, type ConsumerDeps } from './consumer.ts';
import { KafkaError } from './faults.ts';
import type { Membership } from './membership.ts';

const nothing = (): undefined => undefined;
const never = (): Promise<never> => new Promise(nothing);
const refuse = (): Promise<never> => Promise.reject(new Error('not now'));
const done = (): Promise<void> => Promise.resolve();

/** A consumer that joins, beats and leaves as the spec says, and holds no partitions. */
const consume = (membership: Partial<Membership>, options: Partial<ConsumeOptions> = {}) => {
  let generation = 0;
  const join: Membership['join'] = () =>
    Promise.resolve({
      generation: ++generation,
      memberId: 'one',
      partitions: [],
      leads: undefined,
      askedAt: performance.now(),
    });
  const deps: ConsumerDeps = {
    membership: {
      join,
      beat: () => Promise.resolve('STABLE'),
      abandon: nothing,
      leave: done,
      close: done,
      ...membership,
    },
    positions: {
      maxMetadata: 10,
      commit: () => Promise.resolve(true),
      committed: () => Promise.resolve(undefined),
    },
    openReader: () => ({ read: () => Promise.resolve({ runs: [], isAtEnd: true }), close: nothing }),
    countPartitions: () => Promise.resolve(0),
    ends: () => Promise.resolve(new Map()),
    interrupt: nothing,
    faultOf: (error) => error,
    close: nothing,
  };
  return createConsumer(deps, {
    topic: 'topic',
    group: 'group',
    sessionTimeoutMs: 600,
    drainMs: 200,
    onAssigned: () => Promise.resolve(undefined),
    onBatch: done,
    onRevoked: done,
    ...options,
  });
};

const until = async (isTrue: () => boolean): Promise<void> => {
  const end = performance.now() + 3000;
  while (!isTrue() && performance.now() < end) await sleep(2);
  assert.ok(isTrue());
};

test('a member joins again only when the heartbeat under way has its answer: both go over one connection', async () => {
  let beats = 0;
  let underWay = 0;
  const underWayAtJoin: number[] = [];
  const beat = async (): Promise<'REBALANCE'> => {
    beats++;
    underWay++;
    await sleep(beats === 1 ? 0 : 60);
    underWay--;
    return 'REBALANCE';
  };
  const joined = Promise.withResolvers<never>();
  const join = async (): ReturnType<Membership['join']> => {
    underWayAtJoin.push(underWay);
    if (underWayAtJoin.length > 1) return joined.promise;
    return { generation: 1, memberId: 'one', partitions: [], leads: undefined, askedAt: performance.now() };
  };
  // The drain ends while the second heartbeat is under way.
  const consumer = consume({ join, beat }, { onRevoked: () => until(() => beats === 2) });
  await until(() => underWayAtJoin.length === 2);
  assert.deepEqual([beats, underWayAtJoin], [2, [0, 0]]);
  await consumer.close();
});

test('a heartbeat that is never answered holds up the next join for a quarter of the session at most', async () => {
  let joins = 0;
  const join = async (): ReturnType<Membership['join']> => {
    if (++joins > 1) return new Promise(nothing);
    return { generation: 1, memberId: 'one', partitions: [], leads: undefined, askedAt: performance.now() };
  };
  // The epoch ends by itself, and no heartbeat of it is answered.
  const consumer = consume({ join, beat: never }, { onAssigned: refuse });
  const began = performance.now();
  await until(() => joins === 2);
  assert.ok(performance.now() - began < 1500);
  await consumer.close();
});

test('a connection that the consumer closed itself is no fault to tell', async () => {
  const told: unknown[] = [];
  const closed = new KafkaError('CLOSED', 'the connection is closed', { passes: true });
  let beats = 0;
  const beat: Membership['beat'] = async (_share, _timeoutMs, stop) => {
    beats++;
    await sleep(1000, stop);
    throw closed;
  };
  const consumer = consume({ beat, close: () => Promise.reject(closed) }, { onError: (error) => told.push(error) });
  await until(() => beats === 1);
  await consumer.close();
  await sleep(20);
  assert.deepEqual(told, []);
});
