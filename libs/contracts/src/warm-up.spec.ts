import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayMs, startOfDay, warmUpLimit, warmUpPlace } from './warm-up.ts';

const startsAt = 20_000 * dayMs;
const limitOn = (day: number, heldDays = 0): number | null =>
  warmUpLimit([50, 100, 200], warmUpPlace({ startsAt, heldDays }, startsAt + day * dayMs + dayMs / 2));

describe('the day of a warm-up', () => {
  it('has its number, none before the first and no limit after the last', () => {
    assert.deepEqual(
      [-1, 0, 1, 2, 3].map((day) => limitOn(day)),
      [0, 50, 100, 200, null],
    );
  });

  it('is the one before once more for each day that was held', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((day) => limitOn(day, 1)),
      [50, 50, 100, 200, null],
    );
  });

  it('begins at midnight in UTC', () => {
    assert.equal(startOfDay(Date.parse('2026-11-24T18:30:00Z')), Date.parse('2026-11-24T00:00:00Z'));
  });
});
