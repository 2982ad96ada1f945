import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContext, type RequestContext } from '@sendpool/graphql';
import { createInTurn } from './render-turns.ts';

const setUp = () => {
  let now = 0;
  const told: string[] = [];
  const inTurn = createInTurn({
    monotonic: () => now,
    sleep: async (ms) => {
      if (ms > 0) told.push(`rest ${ms}`);
      now += ms;
    },
  });
  const render = (context: RequestContext, name: string, ms: number): Promise<string> =>
    inTurn(context, () => {
      told.push(name);
      now += ms;
      return name;
    });
  return { told, render, wait: (ms: number) => void (now += ms) };
};

const aContext = (signal = new AbortController().signal): RequestContext =>
  createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, signal);

test('each preview is followed by a rest as long as it took, whoever asks for the next one', async () => {
  const { told, render, wait } = setUp();
  const names = await Promise.all([
    render(aContext(), 'a', 200),
    render(aContext(), 'b', 50),
    render(aContext(), 'c', 1),
  ]);
  assert.deepEqual(names, ['a', 'b', 'c']);
  assert.deepEqual(told.splice(0), ['a', 'rest 200', 'b', 'rest 50', 'c']);
  wait(10);
  await render(aContext(), 'd', 1);
  assert.deepEqual(told, ['d']);
});

test('a request that has rendered for a second gets no more, another one does', async () => {
  const { told, render } = setUp();
  const greedy = aContext();
  const asked = [
    render(greedy, 'a', 600),
    render(greedy, 'b', 600),
    render(greedy, 'c', 1),
    render(aContext(), 'd', 1),
  ];
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    told.filter((one) => !one.startsWith('rest')),
    ['a', 'b', 'd'],
  );
});

test('nothing is rendered for a client that has gone while it waited', async () => {
  const { told, render } = setUp();
  const leaving = new AbortController();
  const asked = [render(aContext(), 'a', 100), render(aContext(leaving.signal), 'b', 1), render(aContext(), 'c', 1)];
  leaving.abort();
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(told, ['a', 'rest 100', 'c']);
});
