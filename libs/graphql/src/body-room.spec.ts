import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBodyRooms } from './body-room.ts';

describe('the room of bodies on their way', () => {
  it('is bounded for each key, and given back when a body ends', () => {
    const rooms = createBodyRooms({ ofKey: 10, ofAll: 100 });
    const [one, two] = [rooms.of('a'), rooms.of('a')];
    assert.deepEqual([one.take(6), two.take(5), two.take(4), rooms.of('b').take(10)], [true, false, true, true]);
    one.end();
    one.end();
    assert.deepEqual([two.take(7), two.take(6)], [false, true]);
    two.give(3);
    assert.deepEqual([one.take(4), one.take(3)], [false, true]);
    for (const room of [one, two]) room.give(1000);
    assert.deepEqual([one.take(11), one.take(10)], [false, true]);
  });

  it('is bounded for all keys together', () => {
    const rooms = createBodyRooms({ ofKey: 10, ofAll: 15 });
    assert.deepEqual([rooms.of('a').take(10), rooms.of('b').take(6), rooms.of('b').take(5)], [true, false, true]);
  });
});
