import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createContext, type RequestContext } from '@sendpool/graphql';
import { newId } from '@sendpool/kernel';
import { createFakePoolStore, createFakeServerStore } from '../../domain/fake-stores.ts';
import type { Pool } from '../../domain/pool.ts';
import { poolWith } from '../../domain/testing.ts';
import { loadPool, loadServer } from './loaders.ts';

const contextOf = (): RequestContext =>
  createContext({ keyId: 'k', role: 'READER', requestId: 'r' }, new AbortController().signal);
const poolOf = (id: string): Pool => poolWith([], { id });

describe('the loaders of a request', () => {
  it('read all pools asked for in one tick at once, each id once, and null for what is not there', async () => {
    const store = createFakePoolStore();
    const ids = [newId(), newId(), newId()];
    for (const id of ids.slice(0, 2)) await store.insert(poolOf(id));
    const calls: (readonly string[])[] = [];
    const pools = {
      find: (wanted: readonly string[]) => {
        calls.push(wanted);
        return store.find(wanted);
      },
    };
    const context = contextOf();
    const found = await Promise.all([...ids, ids[0]!].map((id) => loadPool(context, pools, id)));
    assert.deepEqual(
      found.map((pool) => pool?.id ?? null),
      [ids[0], ids[1], null, ids[0]],
    );
    assert.deepEqual(calls, [ids]);
  });

  it('keep nothing from one request to the next', async () => {
    const servers = createFakeServerStore();
    const id = newId();
    assert.equal(await loadServer(contextOf(), servers, id), null);
    let calls = 0;
    const counting = {
      find: async () => {
        calls += 1;
        return [];
      },
    };
    await loadServer(contextOf(), counting, id);
    await loadServer(contextOf(), counting, id);
    assert.equal(calls, 2);
  });
});
