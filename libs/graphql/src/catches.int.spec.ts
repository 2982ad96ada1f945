/**
 * What gateways of this kind have been caught at, by name. Elsewhere: letters split between chunks, rules that do not reach streams, and
 * sources that break (live/clients.int.spec.ts), users who share a connection or a stream (live/sharing.int.spec.ts), streams at a stop
 * (live/endings.int.spec.ts), the place of a failed join, and hosts in errors (gateway.int.spec.ts).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { composed, serviceSdl, sign, silent, startGateway, startSubgraph, type Running } from './doors.fixture.ts';
import { createStitchedEngine, type RequestContext } from './index.ts';

const sdls = {
  pools: serviceSdl(`
    type Pool @key(fields: "id") { id: ID! }
    type Query { pools: [Pool!]! @access(role: READER) slow: String @access(role: READER) }`),
  numbers: serviceSdl(`
    type Pool @key(fields: "id") { id: ID! owner: String }
    type Query { lag: Int @access(role: READER) }`),
};
const isSlow = Promise.withResolvers<void>();
const release = Promise.withResolvers<void>();
let waiting = 0;
const poolsResolvers = {
  Query: {
    pools: () => ['a', 'b', 'c'].map((id) => ({ id })),
    slow: async () => {
      waiting += 1;
      if (waiting === 2) isSlow.resolve();
      await release.promise;
      return 'done';
    },
  },
  Pool: { __resolveReference: (pool: object) => pool },
};
const numbersResolvers = {
  Query: { lag: () => 1 },
  Pool: {
    __resolveReference: async ({ id }: { id: string }, { actor }: RequestContext) => {
      await wait(20);
      return { id, owner: actor.keyId };
    },
  },
};

let pools: Running;
let numbers: Running;
let gateway: Running;
before(async () => {
  pools = await startSubgraph(sdls.pools, poolsResolvers);
  numbers = await startSubgraph(sdls.numbers, numbersResolvers);
  gateway = await startGateway(
    sdls,
    { pools, numbers },
    {
      introspection: false,
      authenticate: async (authorization = '') => {
        const actor = { keyId: authorization.replace('Bearer ', ''), role: 'READER', requestId: 'r' } as const;
        return { actor, isValid: () => true };
      },
    },
  );
});
after(async () => {
  for (const running of [gateway, pools, numbers]) await running.stop();
});

const ask = async (user: string, query: string, signal: AbortSignal | null = null): Promise<unknown> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${user}` };
  const res = await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify({ query }), signal });
  return res.json();
};
const users = (count: number): string[] => Array.from({ length: count }, (_, n) => `user-${n}`);
const ownersOf = (user: string) => ({ data: { pools: Array.from({ length: 3 }, () => ({ owner: user })) } });

describe('the gateway', () => {
  it('catch 2: answers a request that is like one whose client went away', async () => {
    const gone = new AbortController();
    const first = ask('user', '{ slow }', gone.signal);
    const second = ask('user', '{ slow }');
    await isSlow.promise;
    gone.abort();
    await assert.rejects(first);
    release.resolve();
    assert.deepEqual(await second, { data: { slow: 'done' } });
  });

  it('catch 4: joins for each of many users at once by a request of its own, and mixes nobody up', async () => {
    const before = numbers.calls.length;
    const answers = await Promise.all(users(20).map((user) => ask(user, '{ pools { owner } }')));
    assert.deepEqual(answers, users(20).map(ownersOf));
    assert.equal(numbers.calls.length - before, 20);
  });

  it('catch 10: asks services where the environment says, by their name in lower case, and starts with none left out', async () => {
    const supergraphSdl = composed(sdls);
    assert.ok(supergraphSdl.includes('NUMBERS') && supergraphSdl.includes('nowhere.example'));
    assert.deepEqual(await ask('user', '{ lag }'), { data: { lag: 1 } });
    assert.throws(
      () => createStitchedEngine({ supergraphSdl, urls: { pools: [pools.url] }, sign, log: silent }),
      (error: Error & { code?: string }) => error.code === 'BAD_CONFIGURATION' && error.message.includes('numbers'),
    );
  });

  it('catch 11: warns of no heap of listeners under 200 requests at once', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on('warning', keep);
    const answers = await Promise.all(users(200).map((user) => ask(user, '{ pools { owner } lag }')));
    await wait(10);
    process.off('warning', keep);
    assert.equal(answers.filter((answer) => !('errors' in (answer as object))).length, 200);
    assert.deepEqual(warnings, []);
  });
});
