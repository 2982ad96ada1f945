import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomes } from '@sendpool/contracts';
import { outcomeEvent } from './recipient.fixture.ts';
import { aVerdict } from './testing.ts';
import { messagesFor, wantedKeys, type Subscriber, type WebhookItem } from './webhook-messages.ts';

const subscriber = (patch: Partial<Subscriber> = {}): Subscriber => ({
  id: 'w1',
  events: ['ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN', 'ROTATION_VERDICT'],
  campaignId: null,
  from: 0,
  ...patch,
});

const item = (offset: number, event = outcomeEvent('ACCEPTED', { recipient: offset })): WebhookItem => ({
  kind: 'OUTCOME',
  offset,
  event,
});

const known = { addresses: new Map([['c1:0', 'ann@example.com']]), now: new Date(0) };
type Body = { type: string; timestamp: string; data: { events: { recipient: number; outcome: string }[] } };
const bodiesOf = (items: WebhookItem[], subscribers: Subscriber[]): Body[] =>
  messagesFor(items, subscribers, known).map(({ body }) => JSON.parse(body) as Body);

test('a message holds up to 100 events in the order of the log', () => {
  const items = Array.from({ length: 250 }, (_, offset) => item(offset));
  const bodies = bodiesOf(items, [subscriber()]);
  assert.deepEqual(
    bodies.map(({ data }) => data.events.length),
    [100, 100, 50],
  );
  assert.deepEqual(
    bodies.flatMap(({ data }) => data.events.map(({ recipient }) => recipient)),
    items.map(({ offset }) => offset),
  );
  assert.deepEqual(
    messagesFor(items, [subscriber()], known).map(({ eventCount }) => eventCount),
    [100, 100, 50],
  );
});

test('a webhook gets the outcomes that it asked for, and never what came back without a try or was cancelled', () => {
  const items = outcomes.map((outcome, offset) => item(offset, outcomeEvent(outcome)));
  const outcomesFor = (events: Subscriber['events']) =>
    bodiesOf(items, [subscriber({ events })]).flatMap(({ data }) => data.events.map(({ outcome }) => outcome));
  assert.deepEqual(outcomesFor(['BOUNCED']), ['BOUNCED']);
  assert.deepEqual(outcomesFor(subscriber().events), ['ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN']);
  assert.deepEqual(outcomesFor(['ROTATION_VERDICT']), []);
});

test('what lies before the place at which a webhook begins, or belongs to another campaign, is not for it', () => {
  const items = [item(4), item(5), item(6, outcomeEvent('ACCEPTED', { campaignId: 'c2', recipient: 6 }))];
  const recipientsFor = (patch: Partial<Subscriber>) =>
    bodiesOf(items, [subscriber(patch)]).flatMap(({ data }) => data.events.map(({ recipient }) => recipient));
  assert.deepEqual(recipientsFor({ from: 5 }), [5, 6]);
  assert.deepEqual(recipientsFor({ campaignId: 'c1' }), [4, 5]);
  assert.deepEqual(wantedKeys(items, [subscriber({ campaignId: 'c2' })]), [{ campaignId: 'c2', recipient: 6 }]);
  assert.deepEqual(wantedKeys(items, []), []);
});

test('an event says all that a receiver needs; its id is that of the publication and the outcome', () => {
  const event = outcomeEvent('BOUNCED', {
    sequence: 12,
    lane: 3,
    reply: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 no such user' },
    bounceClass: 'HARD',
  });
  const [body] = bodiesOf([item(0, event)], [subscriber()]);
  assert.deepEqual(body, {
    type: 'delivery.events',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: {
      events: [
        {
          id: '3-12-BOUNCED',
          outcome: 'BOUNCED',
          at: '1970-01-01T00:00:00.000Z',
          campaignId: 'c1',
          recipient: 0,
          email: 'ann@example.com',
          tryNumber: 1,
          poolId: 'pool',
          serverId: 'server',
          provider: 'other',
          reply: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 no such user' },
          bounceClass: 'HARD',
          reason: null,
        },
      ],
    },
  });
});

test('a verdict is a message of its own, for those who asked for verdicts and whose campaign it names', () => {
  const items: WebhookItem[] = [{ kind: 'VERDICT', offset: 1, verdict: aVerdict() }];
  const [message] = messagesFor(items, [subscriber()], known);
  const body = JSON.parse(message!.body) as { type: string; data: { id: string; at: string; words: string } };
  assert.deepEqual([body.type, body.data.id, body.data.at], ['rotation.verdict', 'v1', '1970-01-01T00:00:00.000Z']);
  assert.equal(messagesFor(items, [subscriber({ campaignId: 'c2' })], known).length, 0);
  assert.equal(messagesFor(items, [subscriber({ events: ['ACCEPTED'] })], known).length, 0);
});
