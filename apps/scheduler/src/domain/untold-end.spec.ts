import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEvent } from '@sendpool/contracts';
import { decideEvents } from './record-events.ts';
import { campaignRow, inFlight, outcomeEvent } from './recipient.fixture.ts';
import { defaultRetryPolicy as policy, type CampaignRow, type RecipientRow } from './recipient.ts';

const [now, hour] = [1_000_000_000, 3_600_000];

const untoldOf = (events: readonly DeliveryEvent[], row: RecipientRow, campaign: Partial<CampaignRow> = {}) =>
  decideEvents(
    events,
    { rows: [row], campaigns: [campaignRow(campaign)], pauses: [], now },
    { policy, random: () => 0.5 },
  ).untold;

const reply = { code: 451, enhanced: '4.7.1', text: 'greylisted' };
const old = inFlight({ tries: 9, facts: { deferredAt: now - 72 * hour } });
const lost: DeliveryEvent = { type: 'LOST', lane: 0, upTo: 7, at: 5 };
const gap: DeliveryEvent = { type: 'GAP', lane: 0, from: 7, to: 7, at: 6 };

test('a recipient that is given up after the longest time of trying is told as EXPIRED, with the last reply', () => {
  const [end, ...others] = untoldOf([outcomeEvent('DEFERRED', { tryNumber: 10, reply })], old);
  assert.deepEqual(
    [end?.outcome, end?.reason, end?.reply, end?.tryNumber, end?.serverId, others],
    ['EXPIRED', 'MAX_AGE', reply, 10, 'server', []],
  );
});

test('one that comes back to a campaign that has ended is told as EXPIRED for that reason', () => {
  for (const event of [outcomeEvent('RELEASED'), gap])
    assert.deepEqual(
      untoldOf([event], inFlight(), { status: 'FINISHED' }).map(({ outcome, reason }) => [outcome, reason]),
      [['EXPIRED', 'CAMPAIGN_FINISHED']],
    );
});

test('one whose outcome was lost is told as UNKNOWN under the id that a sender would have given it', () => {
  const [end] = untoldOf([lost], inFlight({ tries: 2, number: 4 }));
  assert.deepEqual(end, {
    lane: 0,
    sequence: 7,
    campaignId: 'c1',
    recipient: 4,
    tryNumber: 3,
    outcome: 'UNKNOWN',
    at: 5,
    poolId: 'pool',
    serverId: null,
    provider: null,
    reply: null,
    bounceClass: null,
    reason: 'LEDGER_LOST',
  });
});

test('one that no sender ever receives is told as BOUNCED when it is given up, and not before', () => {
  assert.deepEqual(untoldOf([gap], inFlight()), []);
  const [end] = untoldOf([gap], inFlight({ facts: { gaps: policy.maxGaps - 1 } }));
  assert.deepEqual([end?.outcome, end?.reason], ['BOUNCED', 'INVALID_REQUEST']);
});

test('what an outcome of the log says is not said again, nor what was said in the same batch', () => {
  for (const outcome of ['ACCEPTED', 'DEFERRED', 'BOUNCED', 'UNKNOWN', 'RELEASED'] as const)
    assert.deepEqual(untoldOf([outcomeEvent(outcome)], inFlight()), [], outcome);
  assert.equal(untoldOf([lost, lost, outcomeEvent('UNKNOWN')], inFlight()).length, 1);
});
