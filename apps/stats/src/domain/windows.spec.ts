import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts } from './counts.ts';
import { everyMinute, firstOfLast, windowStart } from './windows.ts';

const noon = Date.UTC(2026, 10, 24, 12, 0, 30);
const minute = 60_000;

test('a window is the running minute and as many whole ones before it', () => {
  assert.equal(windowStart('LAST_MINUTE', noon), noon - 30_000 - minute);
  assert.equal(windowStart('LAST_HOUR', noon), noon - 30_000 - 60 * minute);
  assert.equal(windowStart('ALL', noon), undefined);
});

test('minutes without numbers are zeros, and the newest comes first', () => {
  const known = [{ at: noon - 30_000 - minute, counts: { ...noCounts(), accepted: 5 } }];
  const rows = everyMinute(known, 3, noon);
  assert.deepEqual(
    rows.map((row) => row.counts.accepted),
    [0, 5, 0],
  );
  assert.equal(rows[0]?.at, noon - 30_000);
  assert.equal(rows.at(-1)?.at, firstOfLast(3, noon));
});
