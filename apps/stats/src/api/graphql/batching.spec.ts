import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContext, type GraphQLResolveInfo } from '@sendpool/graphql';
import { noCounts } from '../../domain/counts.ts';
import type { PoolResolverDeps } from './pool.resolver.ts';
import { createResolvers, type ResolverDeps } from './resolvers.ts';

const context = () => createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, new AbortController().signal);

/** Numbers that remember which keys were asked for together. */
const watchedNumbers = () => {
  const calls: (readonly string[])[] = [];
  const record = <Found>(keys: readonly string[], found: Found): Promise<Map<string, Found>> => {
    calls.push(keys);
    return Promise.resolve(new Map(keys.map((key) => [key, found])));
  };
  const numbers: ResolverDeps['numbers'] = {
    byServer: (ids) => record(ids, [{ provider: 'gmail', counts: { ...noCounts(), accepted: 1 } }]),
    minutes: (ids) => record(ids, []),
    byCampaign: (ids) => record(ids, [{ serverId: 'a', counts: noCounts() }]),
  };
  const pools: PoolResolverDeps = { reports: (ids) => record(ids, []) };
  return { numbers: { ...numbers, ...pools }, calls };
};

type Resolve = (parent: { id: string }, given: object, context: object, info: GraphQLResolveInfo) => Promise<unknown>;

const resolversOf = (numbers: ResolverDeps['numbers'] & PoolResolverDeps): Record<string, Record<string, Resolve>> =>
  createResolvers({
    numbers,
    reports: numbers.reports,
    limitOf: () => 0.03,
    healthOf: () => ({ queueDepth: 0, deferredWaiting: 0, senders: [] }),
    now: () => 0,
    lag: () => Promise.resolve({ counted: 0, behind: 0 }),
    serverIds: () => [],
    onFault: () => undefined,
    events: {
      stream: () => Promise.reject(new Error('not asked')),
      page: () => Promise.reject(new Error('not asked')),
    },
  }) as unknown as Record<string, Record<string, Resolve>>;

const info = {} as GraphQLResolveInfo;

test('a page of 50 servers is one question to the store', async () => {
  const { numbers, calls } = watchedNumbers();
  const stats = resolversOf(numbers)['SendingServer']!['stats']!;
  const request = context();
  const ids = Array.from({ length: 50 }, (_, at) => `server-${at}`);
  await Promise.all(ids.map((id) => stats({ id }, { window: 'LAST_HOUR' }, request, info)));
  assert.deepEqual(calls, [ids]);
});

test('different windows of the same request are not mixed up', async () => {
  const { numbers, calls } = watchedNumbers();
  const stats = resolversOf(numbers)['SendingServer']!['stats']!;
  const request = context();
  await Promise.all(['LAST_HOUR', 'ALL'].map((window) => stats({ id: 'a' }, { window }, request, info)));
  assert.equal(calls.length, 2);
});

test('a page of campaigns is one question to the store', async () => {
  const { numbers, calls } = watchedNumbers();
  const serverStats = resolversOf(numbers)['Campaign']!['serverStats']!;
  const request = context();
  await Promise.all(['c1', 'c2'].map((id) => serverStats({ id }, {}, request, info)));
  assert.deepEqual(calls, [['c1', 'c2']]);
});

test('the bounce reports of a page of pools are one question', async () => {
  const { numbers, calls } = watchedNumbers();
  const { bounceReport } = resolversOf(numbers)['SendingServerPool']!;
  const request = context();
  await Promise.all(['p1', 'p2'].map((id) => bounceReport!({ id }, {}, request, info)));
  assert.deepEqual(calls, [['p1', 'p2']]);
});
