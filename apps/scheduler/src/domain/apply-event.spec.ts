/** What delivery events do to a recipient: the named cases of docs/protocol.md, and the laws behind them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeliveryEvent, Outcome } from '@sendpool/contracts';
import { applyEvent, published } from './apply-event.ts';
import { defaultRetryPolicy } from './recipient.ts';
import { applyAll, eventContext, inFlight, outcomeEvent } from './recipient.fixture.ts';

const minute = 60_000;
const { now } = eventContext();

test('each outcome of the present publication has its state, and all but RELEASED and CANCELLED are tries', () => {
  const states = {
    ACCEPTED: 'ACCEPTED',
    BOUNCED: 'BOUNCED',
    DEFERRED: 'DEFERRED',
    UNKNOWN: 'UNKNOWN',
    RELEASED: 'PENDING',
  };
  for (const [outcome, state] of Object.entries(states) as [Outcome, string][]) {
    const row = applyAll(inFlight(), [outcomeEvent(outcome)]);
    assert.equal(row.state, state);
    assert.equal(row.tries, outcome === 'RELEASED' ? 0 : 1);
  }
});

test('a second copy of RELEASED changes nothing, before and after the recipient was published again', () => {
  const event = outcomeEvent('RELEASED', { reason: 'PAUSED' });
  const back = applyAll(inFlight(), [event]);
  assert.equal(applyEvent(back, event, eventContext()), back);
  const again = published(back, 12);
  assert.equal(applyEvent(again, event, eventContext()), again);
});

test('DEFERRED and then UNKNOWN stays DEFERRED, with its time', () => {
  const row = applyAll(inFlight(), [outcomeEvent('DEFERRED'), outcomeEvent('UNKNOWN')]);
  assert.equal(row.state, 'DEFERRED');
  assert.equal(row.facts.dueAt, now + minute);
});

test('a definite outcome replaces UNKNOWN and is counted as the same try', () => {
  for (const outcome of ['ACCEPTED', 'BOUNCED', 'DEFERRED'] as const) {
    const row = applyAll(inFlight(), [outcomeEvent('UNKNOWN'), outcomeEvent(outcome)]);
    assert.equal(row.state, outcome);
    assert.equal(row.tries, 1);
    assert.equal(row.facts.unknowns, 0);
  }
});

test('ACCEPTED of the first try beats the bounce of the second', () => {
  const old = outcomeEvent('ACCEPTED', { sequence: 3 });
  assert.equal(applyAll(inFlight(), [outcomeEvent('BOUNCED'), old]).state, 'ACCEPTED');
  const waiting = applyAll(inFlight(), [old]);
  assert.equal(waiting.state, 'IN_FLIGHT');
  assert.equal(applyAll(waiting, [outcomeEvent('BOUNCED')]).state, 'ACCEPTED');
  assert.equal(applyAll(waiting, [{ type: 'GAP', lane: 0, from: 7, to: 7, at: 0 }]).state, 'ACCEPTED');
  assert.equal(applyAll(waiting, [{ type: 'LOST', lane: 0, upTo: 7, at: 0 }]).state, 'ACCEPTED');
});

test('an outcome of another publication changes nothing, unless it is ACCEPTED', () => {
  for (const outcome of ['BOUNCED', 'DEFERRED', 'UNKNOWN', 'RELEASED', 'CANCELLED'] as const) {
    const row = inFlight();
    assert.equal(applyEvent(row, outcomeEvent(outcome, { sequence: 3 }), eventContext()), row);
  }
});

test('UNKNOWN under RESEND waits for the reply after the dot and a minute, three times at most', () => {
  const context = eventContext({ unknownPolicy: 'RESEND' });
  let row = applyAll(inFlight(), [outcomeEvent('UNKNOWN')], context);
  assert.equal(row.facts.dueAt, now + 11 * minute);
  for (const sequence of [8, 9])
    row = applyAll(published(row, sequence), [outcomeEvent('UNKNOWN', { sequence })], context);
  assert.equal(row.state, 'UNKNOWN');
  assert.equal(row.facts.dueAt, null);
});

test('UNKNOWN under HOLD, and of a cancelled campaign, is never due', () => {
  assert.equal(applyAll(inFlight(), [outcomeEvent('UNKNOWN')]).facts.dueAt, null);
  const cancelled = eventContext({ unknownPolicy: 'RESEND', status: 'CANCELLED' });
  const row = applyAll(inFlight(), [outcomeEvent('UNKNOWN')], cancelled);
  assert.equal(row.state, 'UNKNOWN');
  assert.equal(row.facts.dueAt, null);
});

const releaseDelay = (reason: string, retryAfterMs?: number): number =>
  applyAll(inFlight(), [outcomeEvent('RELEASED', { reason, retryAfterMs })]).facts.dueAt! - now;

test('cancelled while started: what comes back undelivered is CANCELLED, what was delivered or bounced is known', () => {
  const context = eventContext({ status: 'CANCELLED' });
  for (const outcome of ['DEFERRED', 'RELEASED', 'CANCELLED'] as const) {
    const row = applyAll(inFlight(), [outcomeEvent(outcome)], context);
    assert.equal(row.state, 'CANCELLED');
    assert.equal(row.facts.dueAt, null);
    assert.equal(applyAll(inFlight(), [outcomeEvent('UNKNOWN'), outcomeEvent(outcome)], context).state, 'CANCELLED');
  }
  assert.equal(applyAll(inFlight(), [{ type: 'GAP', lane: 0, from: 0, to: 9, at: 0 }], context).state, 'CANCELLED');
  assert.equal(applyAll(inFlight(), [outcomeEvent('ACCEPTED')], context).state, 'ACCEPTED');
  assert.equal(applyAll(inFlight(), [outcomeEvent('BOUNCED')], context).state, 'BOUNCED');
});

test('a doubt that is settled after the campaign has finished: ACCEPTED and BOUNCED count, everything else is EXPIRED', () => {
  const context = eventContext({ status: 'FINISHED' });
  const doubt = applyAll(inFlight(), [outcomeEvent('UNKNOWN')]);
  assert.equal(applyAll(doubt, [outcomeEvent('ACCEPTED')], context).state, 'ACCEPTED');
  assert.equal(applyAll(doubt, [outcomeEvent('BOUNCED')], context).state, 'BOUNCED');
  assert.equal(applyAll(doubt, [outcomeEvent('DEFERRED')], context).state, 'EXPIRED');
  assert.equal(applyAll(doubt, [outcomeEvent('RELEASED')], context).state, 'EXPIRED');
});

test('a gap takes back what is in flight within it and nothing else; the third time it is an invalid request', () => {
  const gap = { type: 'GAP', lane: 0, from: 5, to: 7, at: 0 } as const;
  let row = applyAll(inFlight(), [gap]);
  assert.equal(row.state, 'PENDING');
  assert.equal(row.facts.dueAt, now);
  assert.equal(row.tries, 0);
  const others = [inFlight({ sequence: 8 }), inFlight({ lane: 1 }), inFlight({ state: 'UNKNOWN' })];
  for (const other of others) assert.equal(applyEvent(other, gap, eventContext()), other);
  for (const sequence of [8, 9]) row = applyAll(published(row, sequence), [{ ...gap, from: sequence, to: sequence }]);
  assert.equal(row.state, 'BOUNCED');
  assert.equal(row.facts.reply, 'INVALID_REQUEST');
});

test('a lost ledger puts what was in flight in doubt', () => {
  const lost = { type: 'LOST', lane: 0, upTo: 7, at: 0 } as const;
  assert.equal(applyAll(inFlight(), [lost]).state, 'UNKNOWN');
  const later = inFlight({ sequence: 8 });
  assert.equal(applyEvent(later, lost, eventContext()), later);
});

test('a message that was given back is due at once after a pause, and later when the lane or the content was to blame', () => {
  for (const reason of ['PAUSED', 'NO_SERVER', 'LIMITED', 'LIMITED:messagesPerDay', 'RETURNED', 'LANE_LOST'])
    assert.equal(releaseDelay(reason), 0, reason);
  for (const reason of ['BUSY', 'BAD_CONTENT'])
    assert.equal(releaseDelay(reason), defaultRetryPolicy.releaseDelayMs, reason);
  assert.equal(releaseDelay('LIMITED:gmail messagesPerDay'), defaultRetryPolicy.providerLimitDelayMs);
  assert.equal(releaseDelay('LIMITED:gmail messagesPerSecond', 1500), 1500);
});

const outcome = fc.constantFrom<Outcome[]>('ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN', 'RELEASED', 'CANCELLED');
const anyEvent: fc.Arbitrary<DeliveryEvent> = fc.oneof(
  fc
    .record({ outcome, sequence: fc.constantFrom(3, 7) })
    .map((one) => outcomeEvent(one.outcome, { sequence: one.sequence })),
  fc.constant<DeliveryEvent>({ type: 'GAP', lane: 0, from: 5, to: 7, at: 0 }),
  fc.constant<DeliveryEvent>({ type: 'LOST', lane: 0, upTo: 9, at: 0 }),
);
const anyContext = fc
  .record({
    status: fc.constantFrom('SENDING' as const, 'PAUSED' as const, 'CANCELLED' as const, 'FINISHED' as const),
    unknownPolicy: fc.constantFrom('HOLD' as const, 'RESEND' as const),
  })
  .map((campaign) => eventContext(campaign));

test('however often events are read again, in whole or in part, they change nothing more', () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      anyContext,
      (events, picks, context) => {
        const once = applyAll(inFlight(), events, context);
        const repeated = applyAll(
          inFlight(),
          events.flatMap((event) => [event, event]),
          context,
        );
        assert.deepEqual(repeated, once);
        const again = picks.filter(() => events.length > 0).map((pick) => events[pick % events.length]!);
        assert.deepEqual(applyAll(once, again, context), once);
      },
    ),
  );
});

test('what one publication truly came to, with doubts before, after and between, ends the same in every order', () => {
  const truth = fc.constantFrom<Outcome[]>('ACCEPTED', 'DEFERRED', 'BOUNCED', 'RELEASED');
  const doubts = fc.array(
    fc.constantFrom<DeliveryEvent[]>(outcomeEvent('UNKNOWN'), { type: 'LOST', lane: 0, upTo: 7, at: 0 }),
    {
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(truth, doubts, doubts, anyContext, (said, before, after, context) => {
      const direct = applyAll(inFlight(), [outcomeEvent(said)], context);
      assert.deepEqual(applyAll(inFlight(), [...before, outcomeEvent(said), ...after], context), direct);
    }),
  );
});

test('ACCEPTED of any publication is the end of it, wherever it comes among the others', () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { maxLength: 6 }),
      fc.nat(6),
      fc.constantFrom(3, 7),
      anyContext,
      (events, place, sequence, context) => {
        const all = events.toSpliced(place, 0, outcomeEvent('ACCEPTED', { sequence }));
        const row = applyAll(inFlight(), all, context);
        assert.ok(row.state === 'ACCEPTED' || (row.state === 'IN_FLIGHT' && row.facts.copyAccepted), row.state);
      },
    ),
  );
});
