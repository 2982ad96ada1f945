import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bookmarkOf, cursorOf, type Bookmark } from './event-places.ts';

const large = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const places = fc.array(large, { maxLength: 40 });
const plain = places.map((given) => ({ places: given, newest: undefined }));
const marked = fc
  .record({ places: fc.array(large, { minLength: 1, maxLength: 40 }), lane: fc.nat(39), before: large, at: large })
  .map(({ places, lane: number, before, at }) => {
    const lane = number % places.length;
    return { places, newest: { lane, offset: Math.max(0, places[lane]! - before), at } };
  });

test('a cursor holds the place of every lane and the newest record before them, in letters that go into a URL', () => {
  fc.assert(
    fc.property(fc.oneof(plain, marked), (given: Bookmark) => {
      const cursor = cursorOf(given);
      assert.match(cursor, /^[\w-]+$/);
      assert.deepEqual(bookmarkOf(cursor), given);
    }),
  );
});

test('a cursor that was made before there were marks is taken', () => {
  assert.deepEqual(bookmarkOf('AQMFrAIA'), { places: [5, 300, 0], newest: undefined });
});

test('a cursor of the most lanes with the largest numbers is taken', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const given = { places: Array.from({ length: 1024 }, () => most), newest: { lane: 1023, offset: 0, at: most } };
  assert.deepEqual(bookmarkOf(cursorOf(given)), given);
});

const newest = { lane: 1, offset: 299, at: 1_764_000_000_000 };

test('text that is no cursor is refused, also one that was cut, lengthened or changed in its version', () => {
  for (const given of [
    { places: [5, 300, 0, 70_000], newest: undefined },
    { places: [5, 300], newest },
  ]) {
    const cursor = cursorOf(given);
    const cut = [cursor.slice(0, -2), `${cursor}A`, `${cursor}=`, `B${cursor.slice(1)}`, ` ${cursor}`];
    for (const text of cut) assert.equal(bookmarkOf(text), undefined, text);
  }
  const tooMany = cursorOf({ places: Array.from({ length: 1025 }, () => 0), newest: undefined });
  for (const text of ['', 'AA', '=', tooMany, 'A'.repeat(100_000)]) assert.equal(bookmarkOf(text), undefined);
});

test('a mark that lies before the log, or in a lane that is not there, is refused', () => {
  for (const mark of [
    { ...newest, lane: 0, offset: -1 },
    { ...newest, lane: 2, offset: -1 },
  ])
    assert.equal(bookmarkOf(cursorOf({ places: [5, 300], newest: mark })), undefined);
});

test('no text at all makes the reading of a cursor throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = bookmarkOf(text);
      assert.ok(found === undefined || cursorOf(found) === text);
    }),
  );
});
