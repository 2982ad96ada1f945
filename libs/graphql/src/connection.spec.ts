import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import fc from 'fast-check';
import { connectionOf, countedConnection, decodeCursor, encodeCursor, pageArguments } from './connection.ts';

const isRefused = (error: unknown): boolean => isAppError(error, 'BAD_INPUT');

describe('a page', () => {
  it('has 50 rows from the beginning when nothing is said', () => {
    assert.deepEqual(pageArguments(undefined, undefined), { first: 50, after: undefined });
    assert.deepEqual(pageArguments(null, null), { first: 50, after: undefined });
  });

  it('has 1 to 100 rows', () => {
    for (const first of [1, 100]) assert.equal(pageArguments(first, null).first, first);
    for (const first of [0, -1, 101, 1.5, Number.NaN]) assert.throws(() => pageArguments(first, null), isRefused);
  });

  it('begins behind any key that a cursor was made of', () => {
    const plain = fc.oneof(fc.string(), fc.integer());
    fc.assert(
      fc.property(fc.oneof(plain, fc.array(plain, { minLength: 1 })), (key) =>
        assert.deepEqual(pageArguments(1, encodeCursor(key)).after, key),
      ),
    );
  });

  it('refuses whatever is no cursor, and never fails otherwise', () => {
    for (const cursor of ['', 'nonsense', encodeCursor([]), Buffer.from('{"a":1}').toString('base64url')])
      assert.throws(() => decodeCursor(cursor), isRefused, cursor);
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodeCursor(text);
        } catch (error) {
          assert.ok(isRefused(error));
        }
      }),
    );
  });
});

const rows = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ id: from + index }));

describe('a connection', () => {
  it('tells by the one row too many that there is a next page, and does not show it', () => {
    const { nodes, edges, pageInfo } = connectionOf(rows(0, 3), { first: 2, after: undefined }, ({ id }) => id);
    assert.deepEqual(nodes, [{ id: 0 }, { id: 1 }]);
    assert.deepEqual(pageInfo, {
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[1]?.cursor,
    });
  });

  it('is empty without cursors', () => {
    const { edges, pageInfo } = connectionOf<{ id: number }>([], { first: 2, after: 7 }, ({ id }) => id);
    assert.deepEqual(edges, []);
    assert.deepEqual(pageInfo, { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null });
  });

  it('shows every row once to whoever follows the cursors, whatever the page size', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 10 }), (total, first) => {
        const all = rows(0, total);
        const seen: number[] = [];
        let after: string | null = null;
        do {
          const page = pageArguments(first, after);
          const behind = all.filter(({ id }) => page.after === undefined || id > Number(page.after));
          const { nodes, pageInfo } = connectionOf(behind.slice(0, first + 1), page, ({ id }) => id);
          seen.push(...nodes.map(({ id }) => id));
          after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        } while (after !== null);
        assert.deepEqual(
          seen,
          all.map(({ id }) => id),
        );
      }),
    );
  });
});

const counted = (calls: string[]) =>
  countedConnection({
    read: async () => {
      calls.push('read');
      return connectionOf(rows(0, 3), { first: 2, after: undefined }, ({ id }) => id);
    },
    count: async () => calls.push('count'),
  });

describe('a connection that counts', () => {
  it('reads no page for whoever asks how many there are, and counts nothing for whoever reads', async () => {
    const calls: string[] = [];
    assert.equal(await counted(calls).totalCount(), 1);
    await counted(calls).nodes();
    assert.deepEqual(calls, ['count', 'read']);
  });

  it('reads its page once for all of its parts, and counts once', async () => {
    const calls: string[] = [];
    const { edges, nodes, pageInfo, totalCount } = counted(calls);
    const [shown, page] = await Promise.all([nodes(), pageInfo(), edges(), totalCount(), totalCount()]);
    assert.deepEqual([shown.length, page.hasNextPage, calls], [2, true, ['read', 'count']]);
  });
});
