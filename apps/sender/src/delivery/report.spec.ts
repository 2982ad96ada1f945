import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryEventsTopic } from '@sendpool/contracts';
import { outcomeEvent } from '../domain/outcome-event.ts';
import { messageFor } from './harness.fixture.ts';
import { createPool } from './pool-queue.ts';
import { reportOf, type Verdict } from './report.ts';
import { createTask } from './task.ts';

const eventOf = (result: Verdict) => {
  const message = messageFor(3);
  const report = reportOf(createTask(message, createPool('pool'), 'gmail'), 'server', result);
  return deliveryEventsTopic.decode(deliveryEventsTopic.encode(outcomeEvent(message.request, report, 5)));
};

const reply = { code: 450, enhanced: '4.7.1', text: 'Greylisted, try again in 300 seconds' };

test('the row that classed a reply, and the time it asked for, lie in the event beside the reply', () => {
  const event = eventOf({
    kind: 'DEFERRED',
    stage: 'RCPT',
    reply,
    bounceClass: 'SOFT',
    reason: 'GREYLISTED',
    latencyMs: 7,
    rule: 'greylist',
    retryAfterMs: 300_000,
  });
  assert.partialDeepStrictEqual(event, { reply, rule: 'greylist', retryAfterMs: 300_000, reason: 'GREYLISTED' });
});

test('the name that the next server gave the message lies in the event; an outcome without such facts has no such fields', () => {
  const ok = { code: 250, enhanced: null, text: 'Ok' };
  const named = eventOf({ kind: 'ACCEPTED', reply: ok, latencyMs: 7, remoteId: '0100' });
  assert.partialDeepStrictEqual(named, { outcome: 'ACCEPTED', remoteId: '0100' });
  const plain = eventOf({ kind: 'ACCEPTED', reply: ok, latencyMs: 7 });
  assert.deepEqual(
    ['rule', 'retryAfterMs', 'remoteId'].filter((name) => name in plain),
    [],
  );
});
