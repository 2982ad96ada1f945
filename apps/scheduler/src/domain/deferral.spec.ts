/** Deferrals: when a recipient is tried again, for how long, and what does not count as a try. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { published } from './apply-event.ts';
import { defaultRetryPolicy } from './recipient.ts';
import { applyAll, eventContext, inFlight, outcomeEvent } from './recipient.fixture.ts';

const minute = 60_000;
const { now } = eventContext();

test('DEFERRED follows the retry plan, keeps its server, and expires before it would be too old', () => {
  const delays = [1, 5, 15, 60, 120, 240, 240];
  delays.forEach((minutes, tries) => {
    const row = applyAll(inFlight({ tries }), [outcomeEvent('DEFERRED', { serverId: 's2' })]);
    assert.equal(row.facts.dueAt, now + minutes * minute);
    assert.equal(row.facts.serverHint, 's2');
  });
  const old = inFlight({ tries: 3, facts: { deferredAt: now - defaultRetryPolicy.maxAgeMs + minute } });
  assert.equal(applyAll(old, [outcomeEvent('DEFERRED')]).state, 'EXPIRED');
});

const retryDelay = (random: number): number =>
  applyAll(inFlight(), [outcomeEvent('DEFERRED')], eventContext({}, { random: () => random })).facts.dueAt! - now;

test('the delay varies by a fifth to both sides', () => {
  assert.equal(retryDelay(0), 0.8 * minute);
  assert.ok(retryDelay(0.999_999) > 1.19 * minute && retryDelay(0.999_999) <= 1.2 * minute);
});

const dueIn = (retryAfterMs: number, tries = 0): number =>
  applyAll(inFlight({ tries }), [outcomeEvent('DEFERRED', { retryAfterMs })]).facts.dueAt! - now;

test('a reply that asks for a time is never answered earlier, and a shorter one does not shorten the plan', () => {
  assert.equal(dueIn(30 * minute), 30 * minute);
  assert.equal(dueIn(1000), minute);
  assert.equal(dueIn(30 * minute, 3), 60 * minute);
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 24 * 60 * minute }),
      fc.nat(9),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (retryAfterMs, tries, random) => {
        const event = outcomeEvent('DEFERRED', { retryAfterMs });
        const row = applyAll(inFlight({ tries }), [event], eventContext({}, { random: () => random }));
        assert.ok(row.facts.dueAt! - now >= retryAfterMs);
      },
    ),
  );
});

test('a recipient is EXPIRED 72 hours after its first deferral at the latest, and keeps the last reply', () => {
  const reply = { code: 450, enhanced: '4.2.0', text: 'still busy' };
  let row = inFlight();
  let time = now;
  for (let tries = 0; tries < 50 && row.state !== 'EXPIRED'; tries++) {
    row = applyAll(published(row, 7), [outcomeEvent('DEFERRED', { reply })], eventContext({}, { now: time }));
    if (row.state === 'DEFERRED') time = row.facts.dueAt!;
  }
  assert.deepEqual([row.state, row.facts.reply, row.facts.dueAt], ['EXPIRED', '450 4.2.0 still busy', null]);
  assert.ok(time - now <= 72 * 60 * minute && time - now > 66 * 60 * minute);
  const tooLong = outcomeEvent('DEFERRED', { reply, retryAfterMs: 73 * 60 * minute });
  assert.deepEqual(
    [applyAll(inFlight(), [tooLong]).state, applyAll(inFlight(), [tooLong]).facts.reply],
    ['EXPIRED', '450 4.2.0 still busy'],
  );
});

test('a limit, a pause or a lane that was lost uses up no attempt: the next deferral comes at its place in the plan, at the same server', () => {
  let row = applyAll(inFlight(), [outcomeEvent('DEFERRED', { serverId: 's2' })]);
  for (const reason of ['LIMITED:messagesPerHour', 'NO_SERVER', 'PAUSED', 'BUSY', 'LANE_LOST']) {
    row = applyAll(published(row, row.sequence + 1), [
      outcomeEvent('RELEASED', { reason, sequence: row.sequence + 1 }),
    ]);
    assert.deepEqual([row.state, row.tries, row.facts.serverHint, row.facts.deferredAt], ['PENDING', 1, 's2', now]);
  }
  row = applyAll(published(row, 20), [outcomeEvent('DEFERRED', { sequence: 20 })]);
  assert.deepEqual([row.tries, row.facts.dueAt], [2, now + 5 * minute]);
});
