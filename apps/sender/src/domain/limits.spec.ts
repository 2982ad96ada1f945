import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitsTowards } from '@sendpool/testing';
import {
  applyDeclared,
  applyShare,
  applyUsage,
  beginConversation,
  choiceAt,
  endConversation,
  isSpentFor,
  limitedBy,
} from './limits.ts';
import { day, declaring, limitsAt, limitsWith, midnight, sendAll, shareOf, tryBegin } from './limits.fixture.ts';

const usageOf = (attempted: number, countedUntil: number, byProvider: Record<string, number> = {}) => ({
  serverId: 'a',
  day: midnight,
  countedUntil,
  attempted,
  byProvider,
});

describe('rates', () => {
  it('of a second, a minute and an hour are spread evenly, and the sharpest one binds and is named', () => {
    for (const [limits, perMinute, name] of [
      [{ messagesPerSecond: 2, messagesPerMinute: 240, messagesPerHour: 10_000 }, 120, 'messagesPerSecond'],
      [{ messagesPerSecond: 2, messagesPerMinute: 60, messagesPerHour: 10_000 }, 60, 'messagesPerMinute'],
      [{ messagesPerSecond: 2, messagesPerMinute: 60, messagesPerHour: 1800 }, 30, 'messagesPerHour'],
    ] as const) {
      const hand = { now: midnight, pending: 0 };
      const made = limitsWith(hand, limits);
      let sent = 0;
      for (; hand.now <= midnight + 60_000; hand.now += 100) sent += sendAll(made);
      assert.equal(sent, perMinute);
      assert.equal(limitedBy(made), name);
    }
  });

  it('towards a provider hold beside those of the server, and nobody else is held back', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, {
      messagesPerSecond: 10,
      providers: [limitsTowards('gmail', { messagesPerMinute: 60 })],
    });
    const sent = { gmail: 0, other: 0 };
    for (; hand.now <= midnight + 10_000; hand.now += 50)
      for (const provider of ['gmail', 'other'] as const) sent[provider] += sendAll(made, provider);
    assert.deepEqual(sent, { gmail: 10, other: 90 });
    hand.now += 100;
    assert.ok(choiceAt(made, 'gmail') > hand.now);
    assert.equal(limitedBy(made), 'gmail messagesPerMinute');
    hand.now += 1500;
    assert.equal(limitedBy(made), null);
  });

  it('that did not change go on as they were when a server is edited, and a changed one is in force at once', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, { messagesPerMinute: 1 });
    hand.now += 60_000;
    assert.equal(sendAll(made), 1);
    hand.now += 59_000;
    applyDeclared(made, declaring({ messagesPerMinute: 1, messagesPerDay: 100 }));
    assert.equal(sendAll(made), 0);
    hand.now += 1000;
    assert.equal(sendAll(made), 1);
    applyDeclared(made, declaring({ messagesPerMinute: 600 }));
    assert.equal(sendAll(made), 0);
    hand.now += 100;
    assert.equal(sendAll(made), 1);
    applyDeclared(made, declaring({}));
    assert.equal(sendAll(made, 'other', 50), 50);
  });

  it('start empty with other lanes, and go on with the same ones', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsAt(hand, shareOf([0, 1, 2]));
    applyDeclared(made, declaring({ messagesPerSecond: 4 }));
    hand.now += 1000;
    applyShare(made, shareOf([2, 1, 0]));
    assert.equal(sendAll(made), 1);
    applyShare(made, shareOf([0, 1, 2, 3, 4, 5]));
    hand.now += 499;
    assert.equal(sendAll(made), 0);
    hand.now += 1;
    assert.equal(sendAll(made), 1);
  });
});

describe('a quota of a day', () => {
  it('is what stats has not counted, less what was sent since, and begins anew at midnight', () => {
    const hand = { now: midnight + 10_000, pending: 0 };
    const made = limitsWith(hand, { messagesPerDay: 100 });
    applyUsage(made, usageOf(90, midnight + 9000));
    assert.equal(sendAll(made), 10);
    assert.equal(limitedBy(made), 'messagesPerDay');
    assert.equal(choiceAt(made, 'other'), midnight + day);
    hand.now += 60_000;
    applyUsage(made, usageOf(95, hand.now));
    assert.equal(sendAll(made), 5);
    hand.now = midnight + day;
    assert.equal(sendAll(made), 100);
  });

  it('waits for the count of stats, but not for ever: a server that was never counted has sent nothing', () => {
    const hand = { now: midnight + 10_000, pending: 0 };
    const made = limitsAt(hand, shareOf([0], 1), 5000);
    applyDeclared(made, declaring({ messagesPerDay: 10 }));
    assert.equal(choiceAt(made, 'other'), hand.now + 5000);
    hand.now += 5000;
    assert.equal(sendAll(made), 10);
    applyShare(made, shareOf([0, 1], 2));
    assert.equal(sendAll(made), 0);
    applyUsage(made, usageOf(4, hand.now + 1));
    assert.equal(sendAll(made), 0, 'ten were sent just now');
    hand.now += 10_000;
    applyUsage(made, usageOf(4, hand.now));
    assert.equal(sendAll(made), 6);
  });

  it('counts what is in conversation, and gives back what did not reach the server', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, { messagesPerDay: 1 });
    assert.equal(tryBegin(made), true);
    assert.equal(tryBegin(made), false);
    endConversation(made, 'other', false);
    assert.equal(tryBegin(made), true);
    endConversation(made, 'other', true);
    assert.equal(tryBegin(made), false);
    assert.equal(isSpentFor(made, 'other'), true);
  });

  it('lets no more be chosen than may begin', () => {
    const hand = { now: midnight, pending: 3 };
    const made = limitsWith(hand, { messagesPerDay: 4 });
    assert.equal(choiceAt(made, 'other'), -Infinity);
    hand.pending = 4;
    assert.equal(choiceAt(made, 'other'), Infinity);
  });

  it('towards a provider holds that one back alone', () => {
    const hand = { now: midnight + 9000, pending: 0 };
    const made = limitsWith(hand, { providers: [limitsTowards('gmail', { messagesPerDay: 5 })] });
    applyUsage(made, usageOf(50, midnight + 8000, { gmail: 2 }));
    assert.equal(sendAll(made, 'gmail'), 3);
    assert.equal(limitedBy(made), 'gmail messagesPerDay');
    assert.equal(sendAll(made, 'yahoo', 20), 20);
    assert.deepEqual([isSpentFor(made, 'gmail'), isSpentFor(made, 'yahoo')], [true, false]);
  });
});

describe('a warm-up', () => {
  it('gives each day its number, none before its start, and no limit after its last day', () => {
    const hand = { now: midnight - day, pending: 0 };
    const made = limitsWith(hand, {}, { perDay: [2, 4] });
    const sent = [-1, 0, 1, 2].map((at) => {
      hand.now = midnight + at * day + 7_200_000;
      return sendAll(made, 'other', 10);
    });
    assert.deepEqual(sent, [0, 2, 4, 10]);
    hand.now = midnight + 1000;
    assert.equal(limitedBy(limitsWith(hand, {}, { perDay: [0] })), null);
  });

  it('repeats held days, and is sharper or less sharp than the quota', () => {
    const hand = { now: midnight + 2 * day, pending: 0 };
    const made = limitsWith(hand, { messagesPerDay: 3 }, { perDay: [2, 4, 8], heldDays: 2 });
    assert.equal(sendAll(made), 2);
    assert.equal(limitedBy(made), 'warmUp');
    hand.now += day;
    assert.equal(sendAll(made), 3);
    assert.equal(limitedBy(made), 'messagesPerDay');
  });

  it('of a provider holds beside the sum of all', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsWith(hand, {}, { perDay: [5], providers: [{ provider: 'gmail', perDay: [2, 3] }] });
    assert.equal(sendAll(made, 'gmail'), 2);
    assert.equal(limitedBy(made), 'gmail warmUp');
    assert.equal(sendAll(made), 3);
    hand.now += day;
    assert.equal(sendAll(made, 'gmail'), 3);
    assert.equal(sendAll(made, 'other', 9), 9);
  });
});

describe('conversations with a provider', () => {
  it('are no more at a time than this process has slots, and a few wait for theirs', () => {
    const hand = { now: midnight, pending: 0 };
    const made = limitsAt(hand, shareOf([0, 1, 2, 3, 4, 5]));
    applyDeclared(made, declaring({ providers: [limitsTowards('gmail', { maxConnections: 4 })] }));
    assert.equal(tryBegin(made, 'gmail') && tryBegin(made, 'gmail'), true);
    assert.equal(tryBegin(made, 'gmail'), false);
    assert.equal(choiceAt(made, 'gmail'), -Infinity);
    hand.pending = 2;
    assert.equal(choiceAt(made, 'gmail'), Infinity);
    assert.equal(limitedBy(made), 'gmail maxConnections');
    beginConversation(made, 'other', hand.now);
    endConversation(made, 'gmail', true);
    hand.pending = 3;
    assert.equal(tryBegin(made, 'gmail'), false, 'nothing may be chosen while three wait');
    hand.pending = 0;
    assert.equal(tryBegin(made, 'gmail'), true);
  });
});
