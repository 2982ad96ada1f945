import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createContext, loaderOf } from './context.ts';

const newContext = () => createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, new AbortController().signal);

describe('a loader of a request', () => {
  it('asks once for all keys of a tick, and each key once', async () => {
    const calls: (readonly string[])[] = [];
    const load = async (keys: readonly string[]) => {
      calls.push(keys);
      return new Map([['a', 1]]);
    };
    const context = newContext();
    const values = await Promise.all(['a', 'b', 'a'].map((key) => loaderOf(context, 'server', load).load(key)));
    assert.deepEqual(values, [1, undefined, 1]);
    assert.deepEqual(calls, [['a', 'b']]);
  });

  it('is not shared with another request', async () => {
    let calls = 0;
    const load = async (keys: readonly string[]) => {
      calls += 1;
      return new Map(keys.map((key) => [key, calls]));
    };
    assert.equal(await loaderOf(newContext(), 'server', load).load('a'), 1);
    assert.equal(await loaderOf(newContext(), 'server', load).load('a'), 2);
  });
});
