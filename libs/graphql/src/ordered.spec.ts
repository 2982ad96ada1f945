import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError, newId } from '@sendpool/kernel';
import { encodeCursor } from './connection.ts';
import { orderedConnection, orderedPage, searchText, type Order } from './ordered.ts';

type Field = 'CREATED_AT' | 'NAME';
const byDefault: Order<Field> = { field: 'CREATED_AT', direction: 'ASC' };
const byName: Order<Field> = { field: 'NAME', direction: 'DESC' };
const isRefused = (error: unknown): boolean => isAppError(error, 'BAD_INPUT');

describe('a list in an order', () => {
  it('has its usual order when none is asked for, or null', () => {
    assert.deepEqual(orderedPage<Field>({}, byDefault), { first: 50, order: byDefault, after: undefined });
    assert.deepEqual(orderedPage({ orderBy: null }, byDefault).order, byDefault);
  });

  it('goes on behind the row that a cursor of the same order names', () => {
    const rows = [1, 2].map((number) => ({ id: newId(), name: `Name ${number}` }));
    const page = orderedPage({ first: 1, orderBy: byName }, byDefault);
    const { pageInfo, nodes } = orderedConnection(rows, page, ({ name }) => name);
    assert.deepEqual([nodes, pageInfo.hasNextPage], [rows.slice(0, 1), true]);
    const next = orderedPage({ first: 1, orderBy: byName, after: pageInfo.endCursor }, byDefault);
    assert.deepEqual(next.after, { key: 'Name 1', id: rows[0]!.id });
    assert.equal(orderedConnection([], next, ({ id }) => id).pageInfo.hasPreviousPage, true);
  });

  it('refuses the cursor of another order, of another direction, and of another list', () => {
    const after = encodeCursor(['NAME', 'DESC', 'Main', newId()]);
    assert.ok(orderedPage({ after, orderBy: byName }, byDefault).after);
    for (const orderBy of [null, { ...byName, direction: 'ASC' } as const])
      assert.throws(() => orderedPage({ after, orderBy }, byDefault), isRefused);
    for (const key of [7, newId(), ['NAME', 'DESC', 'Main'], ['NAME', 'DESC', 'Main', newId(), 1]])
      assert.throws(() => orderedPage({ after: encodeCursor(key), orderBy: byName }, byDefault), isRefused);
  });

  it('refuses a cursor with a place that the database could not read', () => {
    for (const [key, id] of [
      ['a\0b', newId()],
      ['a', 'b'],
      [1, newId()],
      ['a', 1],
    ] as const) {
      const after = encodeCursor(['NAME', 'DESC', key, id]);
      assert.throws(() => orderedPage({ after, orderBy: byName }, byDefault), isRefused, String(key));
    }
  });
});

describe('a text to search for', () => {
  it('has 1 to 100 characters in one line, or is not there', () => {
    for (const text of ['a', '%', "'; --", 'x'.repeat(100)]) assert.equal(searchText('nameContains', text), text);
    for (const none of [null, undefined]) assert.equal(searchText('nameContains', none), undefined);
    for (const text of ['', 'x'.repeat(101), 'a\0', 'a\nb'])
      assert.throws(() => searchText('nameContains', text), isRefused, JSON.stringify(text));
  });
});
