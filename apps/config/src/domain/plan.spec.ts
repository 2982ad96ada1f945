import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planOf, type Cap, type Capped, type PlanQuestion, type PlanServer } from './plan.ts';
import { resultOf } from './testing.ts';

const midnight = Date.UTC(2026, 10, 24);
const free: Capped = { rate: null, quotaOn: () => null };
const rate = (messages: number): Cap => ({ messages, limit: 'messagesPerSecond' });
const daily = (messages: number) => () => ({ messages, limit: 'messagesPerDay' });

/** Assumed to take 100 a second unless it says otherwise. */
const server = (serverId: string, weight: number, change: Partial<PlanServer> = {}): PlanServer => ({
  ...free,
  serverId,
  weight,
  assumedPerSecond: (change.rate ?? null) === null ? 100 : null,
  waits: false,
  waitsWhenBusy: true,
  providers: new Map(),
  ...change,
});
const plan = (servers: readonly PlanServer[], recipients: number, change: Partial<PlanQuestion> = {}) =>
  resultOf(
    planOf({
      servers,
      recipients,
      providers: [{ provider: 'other', share: 1 }],
      now: midnight,
      steadyFrom: midnight,
      ...change,
    }),
  );
const near = (actual: readonly number[], expected: readonly number[]): void => {
  for (const [at, value] of expected.entries())
    assert.ok(Math.abs(actual[at]! - value) < 1e-3, `${actual.join()} not ${expected.join()}`);
};

describe('planOf, by worked examples', () => {
  it('spreads by weight while nothing is limited, at the pace that the slowest share allows', () => {
    // 85 : 15 at 100 a second each: the first is full at 100 / 0.85 = 117.65 a second.
    const { messages, ratesAtStart, seconds, limits } = plan([server('a', 85), server('b', 15)], 20_000);
    near(messages, [17_000, 3000]);
    near(ratesAtStart, [100, 17.647]);
    near([seconds!], [170]);
    assert.deepEqual(limits, []);
  });

  it('gives the excess of a limited server that overflows to the others by their weights', () => {
    // a may 10 a second; b and c share the rest 2 : 1 and b is full at 100, c then has 50: 160 a second.
    const servers = [server('a', 50, { rate: rate(10) }), server('b', 20), server('c', 10)];
    const { messages, seconds, limits } = plan(servers, 16_000);
    near(messages, [1000, 10_000, 5000]);
    near([seconds!], [100]);
    assert.deepEqual(limits, [{ serverId: 'a', limit: 'messagesPerSecond', provider: null }]);
  });

  it('lets every server run at its limit when all are limited and overflow: weights then decide nothing', () => {
    const servers = [server('a', 1, { rate: rate(14) }), server('b', 9, { rate: rate(6) })];
    const { messages, seconds, limits } = plan(servers, 2000);
    near(messages, [1400, 600]);
    near([seconds!], [100]);
    assert.equal(limits.length, 2);
  });

  it('lets the slowest share decide when a limited server waits: the weights hold', () => {
    // a has half of the weight and may 10 a second: 20 a second in all.
    const servers = [server('a', 1, { rate: rate(10), waits: true }), server('b', 1)];
    const { messages, ratesAtStart, seconds } = plan(servers, 1000);
    near(messages, [500, 500]);
    near(ratesAtStart, [10, 10]);
    near([seconds!], [50]);
  });

  it('gives a busy server no more than it can take when the pool overflows while busy', () => {
    const servers = [server('a', 85, { waitsWhenBusy: false }), server('b', 15, { waitsWhenBusy: false })];
    const { messages, seconds } = plan(servers, 20_000);
    near(messages, [10_000, 10_000]);
    near([seconds!], [100]);
  });

  it('takes a daily quota that is used up out until midnight, and steps over days', () => {
    // Alone with 1,000 a day at 100 a second: 10 s on the first day, 10 s on the second, 5 s into the third.
    const { messages, seconds, limits } = plan([server('a', 1, { quotaOn: daily(1000) })], 2500);
    near(messages, [2500]);
    near([seconds!], [2 * 86_400 + 5]);
    assert.deepEqual(limits, [{ serverId: 'a', limit: 'messagesPerDay', provider: null }]);
  });

  it('lets the others go on alone when a quota is used up and overflows', () => {
    // Half and half at 200 a second until a has had its 100 (1 s); b does the other 800 at 100 a second.
    const { messages, seconds } = plan([server('a', 1, { quotaOn: daily(100) }), server('b', 1)], 1000);
    near(messages, [100, 900]);
    near([seconds!], [1 + 8]);
  });

  it('stops the pool until midnight when a quota is used up and waits', () => {
    const servers = [server('a', 1, { quotaOn: daily(100), waits: true }), server('b', 1)];
    const { messages, seconds } = plan(servers, 300);
    near(messages, [150, 150]);
    near([seconds!], [86_400 + 0.5]);
  });

  it('begins in the middle of a day', () => {
    const { seconds } = plan([server('a', 1, { quotaOn: daily(1000) })], 1500, { now: midnight + 86_000_000 });
    near([seconds!], [400 + 5]);
  });

  it('follows a warm-up day by day', () => {
    const perDay = [100, 200, 400];
    const quotaOn = (day: number) => {
      const messages = perDay[(day - midnight) / 86_400_000];
      return messages === undefined ? null : { messages, limit: 'warmUp' };
    };
    // 100 + 200 + 400 on three days, the other 1,300 without a limit on the fourth: 13 s.
    const steadyFrom = midnight + 3 * 86_400_000;
    const { seconds, limits } = plan([server('a', 1, { quotaOn })], 2000, { steadyFrom });
    near([seconds!], [3 * 86_400 + 13]);
    assert.deepEqual(limits, [{ serverId: 'a', limit: 'warmUp', provider: null }]);
  });

  it('waits for the first day of a warm-up that has not begun', () => {
    const first = midnight + 86_400_000;
    const quotaOn = (day: number) => (day < first ? { messages: 0, limit: 'warmUp' } : null);
    const { seconds, limits } = plan([server('a', 1, { quotaOn })], 1000, { steadyFrom: first });
    near([seconds!], [86_400 + 10]);
    assert.deepEqual(limits, [{ serverId: 'a', limit: 'warmUp', provider: null }]);
  });

  it('takes many equal days at once', () => {
    const { seconds, messages } = plan([server('a', 1, { quotaOn: daily(1000) })], 1_000_500);
    near([seconds!, messages[0]!], [1000 * 86_400 + 5, 1_000_500]);
  });

  it('limits a server towards one mailbox provider, and gives the excess to the others', () => {
    // gmail and other half and half at 100 a second each; a may 10 a second to gmail. When b is full, a has 10 + x/4 of x a second:
    // b has x/2 - 10 + x/4 = 100, so x = 146.67, a 46.67.
    const providers = new Map([['gmail', { ...free, rate: rate(10) }]]);
    const halves = [
      { provider: 'gmail', share: 0.5 },
      { provider: 'other', share: 0.5 },
    ];
    const servers = [server('a', 1, { providers }), server('b', 1)];
    const { ratesAtStart, seconds, messages, limits } = plan(servers, 14_667, { providers: halves });
    near(ratesAtStart, [46.667, 100]);
    assert.ok(Math.abs(seconds! - 100) < 0.1);
    assert.ok(Math.abs(messages[0]! - 4667) < 1);
    assert.deepEqual(limits, [{ serverId: 'a', limit: 'messagesPerSecond', provider: 'gmail' }]);
  });

  it('goes on with one mailbox provider when the others are done', () => {
    // gmail is full at 10 a second everywhere: 500 take 50 s, the others are done long before.
    const providers = new Map([['gmail', { ...free, rate: rate(5) }]]);
    const halves = [
      { provider: 'gmail', share: 0.5 },
      { provider: 'other', share: 0.5 },
    ];
    const servers = [server('a', 1, { providers }), server('b', 1, { providers })];
    near([plan(servers, 1000, { providers: halves }).seconds!], [50]);
  });

  it('says that it never ends when no member can send, and when it would take more than ten years', () => {
    const none = plan([server('a', 0)], 10);
    assert.deepEqual([none.seconds, none.messages], [null, [0]]);
    assert.match(none.whyNever!, /No member/);
    const slow = plan([server('a', 1, { quotaOn: daily(1) })], 1_000_000);
    assert.equal(slow.seconds, null);
    assert.match(slow.whyNever!, /ten years/);
  });

  it('gives up in words when there are too many limits to look far ahead', () => {
    const names = Array.from({ length: 20 }, (_, at) => `p${at}`);
    const servers = Array.from({ length: 64 }, (_, at) =>
      server(`${at}`, at + 1, {
        rate: rate(at + 1),
        providers: new Map(
          names.map((name, place) => [name, { ...free, quotaOn: daily(10 + ((at * 31 + place * 7) % 97)) }]),
        ),
      }),
    );
    const providers = names.map((provider) => ({ provider, share: 1 / 20 }));
    const began = performance.now();
    const { seconds, whyNever, ratesAtStart, limits } = plan(servers, 2e9, { providers });
    assert.ok(performance.now() - began < 5000);
    assert.equal(seconds, null);
    assert.ok(ratesAtStart.every((messages) => messages > 0) && limits.length > 0);
    assert.match(whyNever!, /too many limits/);
  });

  it('never gives out more or less than there are recipients', () => {
    const servers = Array.from({ length: 20 }, (_, at) =>
      server(`${at}`, (at % 7) + 1, {
        quotaOn: daily(50 * (at + 1)),
        waits: false,
        ...(at % 3 === 0 && { rate: rate(at + 1) }),
      }),
    );
    const { messages } = plan(servers, 123_457);
    near([messages.reduce((sum, count) => sum + count, 0) / 123_457], [1]);
  });
});
