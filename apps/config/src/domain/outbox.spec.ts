import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repairOf } from './outbox.ts';

const row = (id: string, revision: number) => ({ id, key: `server:${id}`, revision });

describe('repairOf', () => {
  it('repeats rows whose last record is older or missing, and leaves those that are equal or were never published', () => {
    const last = new Map([
      ['server:a', 3],
      ['server:b', 2],
    ]);
    assert.deepEqual(repairOf([row('a', 3), row('b', 3), row('c', 1), row('d', 0)], last), {
      repeat: ['b', 'c'],
      lift: [],
    });
  });

  it('lifts rows that are older than their last record, as after a restore of the database', () => {
    assert.deepEqual(repairOf([row('a', 2)], new Map([['server:a', 5]])), { repeat: [], lift: [row('a', 5)] });
  });
});
