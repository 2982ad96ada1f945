import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cursorOf, placesOf } from './event-places.ts';

const places = fc.array(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { maxLength: 40 });

test('a cursor holds the place of every lane, in letters that go into a URL', () => {
  fc.assert(
    fc.property(places, (given) => {
      const cursor = cursorOf(given);
      assert.match(cursor, /^[\w-]+$/);
      assert.deepEqual(placesOf(cursor), given);
    }),
  );
});

test('a cursor of the most lanes with the largest offsets is taken', () => {
  const given = Array.from({ length: 1024 }, () => Number.MAX_SAFE_INTEGER);
  assert.deepEqual(placesOf(cursorOf(given)), given);
});

test('text that is no cursor is refused, also one that was cut, lengthened or changed in its version', () => {
  const cursor = cursorOf([5, 300, 0, 70_000]);
  const spoilt = ['', 'AA', '=', cursor.slice(0, -2), `${cursor}A`, `${cursor}=`, `B${cursor.slice(1)}`, ` ${cursor}`];
  const others = [cursorOf(Array.from({ length: 1025 }, () => 0)), 'A'.repeat(100_000)];
  for (const text of [...spoilt, ...others]) assert.equal(placesOf(text), undefined, text.slice(0, 40));
});

test('no text at all makes the reading of a cursor throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = placesOf(text);
      assert.ok(found === undefined || cursorOf(found) === text);
    }),
  );
});
