import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthy } from './webhook.ts';
import { afterAttempt, healthAfter, unopened, type Attempt } from './webhook-plan.ts';

const attempt = (status: number | null, retryAfterMs: number | null = null): Attempt => ({
  status,
  text: 'words',
  retryAfterMs,
});
const least = (): number => 0;
const hour = 3_600_000;
const well = { ...healthy, enabled: true };

test('every status from 200 to 299 is delivered, everything else is tried again or given up', () => {
  for (const status of [200, 204, 299])
    assert.deepEqual(afterAttempt(attempt(status), 1, least), { kind: 'DELIVERED' });
  for (const status of [null, 199, 301, 302, 307, 400, 401, 404, 429, 500, 503])
    assert.equal(afterAttempt(attempt(status), 1, least).kind, 'RETRY', String(status));
  assert.equal(afterAttempt(attempt(410), 1, least).kind, 'FAILED');
});

test('the delays grow from 5 seconds to 24 hours, about three days in all, and the tenth failure is the last', () => {
  const delays = Array.from({ length: 10 }, (_, index) => afterAttempt(attempt(500), index + 1, least));
  assert.deepEqual(
    delays.map((after) => (after.kind === 'RETRY' ? after.delayMs / 1000 : after.kind)),
    [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 'FAILED'],
  );
});

test('messages that failed together come back apart, by a fifth of the delay at most', () => {
  const after = afterAttempt(attempt(500), 2, () => 0.999);
  assert.ok(after.kind === 'RETRY' && after.delayMs > 359_000 && after.delayMs < 360_000);
});

test('Retry-After makes a delay longer, never shorter, and a day at most; the whole webhook rests so long', () => {
  const delayOf = (retryAfterMs: number, attempts = 1) => {
    const after = afterAttempt(attempt(429, retryAfterMs), attempts, least);
    return after.kind === 'RETRY' ? after.delayMs : undefined;
  };
  assert.deepEqual([delayOf(60_000), delayOf(1000), delayOf(60_000, 2)], [60_000, 5000, 300_000]);
  assert.equal(delayOf(1e15), 24 * hour);
  const now = new Date(1000);
  assert.deepEqual(healthAfter(well, attempt(429, 60_000), now).heldUntil, new Date(61_000));
  assert.equal(healthAfter(well, attempt(500), now).heldUntil, null);
});

test('a webhook remembers since when it fails and why, and forgets it with a success', () => {
  const first = healthAfter(well, attempt(500), new Date(1000));
  assert.deepEqual(first, { ...well, failingSince: new Date(1000), lastError: 'HTTP 500 words' });
  const second = healthAfter(first, attempt(null), new Date(2000));
  assert.deepEqual([second.failingSince, second.lastError], [new Date(1000), 'words']);
  assert.deepEqual(healthAfter(second, attempt(200), new Date(3000)), well);
});

test('it is disabled by 410, and after five days without a success; what a person disabled keeps no such reason', () => {
  const gone = healthAfter(well, attempt(410), new Date(0));
  assert.deepEqual([gone.enabled, gone.disabledReason], [false, 'the receiver answered 410 Gone']);
  const failing = { ...well, failingSince: new Date(0) };
  assert.equal(healthAfter(failing, attempt(500), new Date(5 * 24 * hour)).enabled, true);
  const late = healthAfter(failing, attempt(500), new Date(5 * 24 * hour + 1));
  assert.deepEqual([late.enabled, late.disabledReason], [false, 'it has failed for 5 days without a success']);
  const off = healthAfter({ ...well, enabled: false }, attempt(410), new Date(0));
  assert.deepEqual([off.enabled, off.disabledReason], [false, null]);
});

test('it is disabled when its secret does not open for an hour, not while a key is being changed, however long it failed before', () => {
  const failing = { ...well, failingSince: new Date(0), lastError: 'HTTP 500 words' };
  const now = new Date(20 * hour);
  const first = healthAfter(failing, unopened, now);
  assert.deepEqual([first.enabled, first.failingSince, first.lastError], [true, now, unopened.text]);
  assert.equal(healthAfter(first, unopened, new Date(21 * hour)).enabled, true);
  const late = healthAfter(first, unopened, new Date(21 * hour + 1));
  assert.deepEqual([late.enabled, late.disabledReason], [false, unopened.text]);
  assert.deepEqual(afterAttempt(unopened, 1, least), { kind: 'RETRY', delayMs: 5000 });
});
