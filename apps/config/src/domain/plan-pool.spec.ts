import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, noRates } from './limits.ts';
import { planFaults, planPool, wholeMessages, type PlanArguments } from './plan-pool.ts';
import { planServersOf } from './plan-server.ts';
import type { Pool } from './pool.ts';
import type { SendingServer } from './sending-server.ts';
import { memberWith, poolWith, resultOf, serverWith, sesServerWith } from './testing.ts';

const now = Date.UTC(2026, 10, 24);
const dayMs = 86_400_000;
const limited = (name: string, limits: Partial<SendingServer['limits']>, change: Partial<SendingServer> = {}) =>
  serverWith({ id: name, name, limits: { ...defaultLimits, ...limits }, ...change });
const viewOf = (servers: readonly SendingServer[], change: Partial<Pool> = {}, fromDomain: string | null = null) => ({
  pool: poolWith(
    servers.map(({ id }) => memberWith(id, 1)),
    change,
  ),
  servers: new Map(servers.map((server) => [server.id, server])),
  fromDomain,
});
const paths = (asked: PlanArguments) => planFaults(asked).map(({ path }) => path!.slice(1).join('.'));
const waits = (server: SendingServer, change: Partial<Pool>) => {
  const [member] = planServersOf(viewOf([server], change));
  return [member?.waits, member?.waitsWhenBusy];
};
const plan = (servers: readonly SendingServer[], asked: PlanArguments) =>
  resultOf(planPool(viewOf(servers), asked, now));

describe('a member of a plan', () => {
  it('has the lowest of its rates, in messages a second', () => {
    const [member] = planServersOf(
      viewOf([limited('a', { messagesPerSecond: 10, messagesPerMinute: 120, messagesPerHour: 36_000 })]),
    );
    assert.deepEqual(member?.rate, { messages: 2, limit: 'messagesPerMinute' });
    assert.equal(member.assumedPerSecond, null);
  });

  it('has ten messages a second assumed for each connection when it declares no rate below a day', () => {
    const [member] = planServersOf(viewOf([limited('a', { maxConnections: 3, messagesPerDay: 1000 })]));
    assert.deepEqual([member?.rate, member?.assumedPerSecond], [null, 30]);
    assert.deepEqual(member?.quotaOn(now), { messages: 1000, limit: 'messagesPerDay' });
  });

  it('has the lower of its daily limit and its warm-up, day by day', () => {
    const warmUp = { startsAt: now, heldDays: 0, heldOn: null, perDay: [100, 9000], providers: [] };
    const [member] = planServersOf(viewOf([limited('a', { messagesPerDay: 1000 }, { warmUp })]));
    const quotas = [-1, 0, 1, 2].map((day) => member?.quotaOn(now + day * dayMs));
    assert.deepEqual(quotas, [
      { messages: 0, limit: 'warmUp' },
      { messages: 100, limit: 'warmUp' },
      { messages: 1000, limit: 'messagesPerDay' },
      { messages: 1000, limit: 'messagesPerDay' },
    ]);
  });

  it('has limits to mailbox providers from its limits and its warm-up', () => {
    const warmUp = {
      startsAt: now,
      heldDays: 0,
      heldOn: null,
      perDay: [9],
      providers: [{ provider: 'gmx', perDay: [5] }],
    };
    const providers = [{ ...noRates, provider: 'gmail', messagesPerHour: 3600, maxConnections: null }];
    const [member] = planServersOf(viewOf([limited('a', { providers }, { warmUp })]));
    assert.deepEqual(member?.providers.get('gmail')?.rate, { messages: 1, limit: 'messagesPerHour' });
    assert.deepEqual(member?.providers.get('gmx')?.quotaOn(now), { messages: 5, limit: 'warmUp' });
  });

  it('has what its SES account allows, and no weight when it may not send From the domain', () => {
    const server = sesServerWith({ fromDomains: ['example.com'] });
    const [member] = planServersOf(viewOf([server], {}, 'example.org'));
    assert.deepEqual([member?.rate?.messages, member?.weight], [0.9 * 14, 0]);
  });

  it('waits when its limits or its pool say so', () => {
    assert.deepEqual(waits(limited('a', {}), {}), [false, true]);
    assert.deepEqual(waits(limited('a', { whenLimited: 'WAIT' }), { whenBusy: 'OVERFLOW' }), [true, false]);
  });
});

describe('planPool', () => {
  it('gives whole messages whose sum is the recipients, the time of the end, and what it assumed', () => {
    const result = plan([limited('a', {}), limited('b', {}), limited('c', {})], { recipients: 1000 });
    assert.deepEqual(new Set(result.servers.map(({ messages }) => messages)), new Set([333, 334]));
    assert.equal(
      result.servers.reduce((sum, { messages }) => sum + messages, 0),
      1000,
    );
    assert.ok(Math.abs(result.seconds! - 1000 / 300) < 1e-9);
    assert.equal(result.finishesAt?.getTime(), Math.trunc(now + result.seconds! * 1000));
    assert.equal(result.messagesPerSecond, 300);
    assert.match(result.words[0]!, /^a declares no rate: 100 messages a second are assumed/);
  });

  it('gives each server the share that its whole messages are of the recipients, however few these are', () => {
    const three = [limited('a', {}), limited('b', {}), limited('c', {})];
    for (const recipients of [1, 2, 5, 1000]) {
      const { servers } = plan(three, { recipients });
      for (const { messages, share } of servers) assert.equal(share, messages / recipients);
      assert.ok(Math.abs(servers.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
    }
  });

  it('says in words what a limit does, and what it does not know', () => {
    const limits = { messagesPerSecond: 1, messagesPerDay: 1e6 };
    const waiting = limited('b', { messagesPerSecond: 1, whenLimited: 'WAIT' });
    const result = plan([limited('a', limits), waiting], { recipients: 10 });
    const words = result.limits.map((limit) => limit.words);
    assert.deepEqual(words.toSorted(), [
      'a reaches its limit messagesPerSecond; the excess goes to the other servers.',
      'b reaches its limit messagesPerSecond; its messages wait for it.',
    ]);
    assert.match(result.words.join(' '), /sent today already/);
  });

  it('takes the rest of the recipients as of the provider other, and says when provider limits are left out', () => {
    const providers = [{ ...noRates, provider: 'other', messagesPerSecond: 1, maxConnections: null }];
    const servers = [limited('a', { providers })];
    const gmail = [{ provider: 'gmail', share: 0.9 }];
    assert.ok(Math.abs(plan(servers, { recipients: 1000, providers: gmail }).seconds! - 100) < 1e-6);
    assert.match(plan(servers, { recipients: 10 }).words.join(' '), /Limits towards single mailbox providers/);
  });

  it('names each fault of the question', () => {
    const twice = { provider: 'gmail', share: 0.6 };
    assert.deepEqual(paths({ recipients: 1 }), []);
    assert.deepEqual(paths({ recipients: 0, fromDomain: 'x' }), ['recipients', 'fromDomain']);
    assert.deepEqual(paths({ recipients: 1, providers: [twice, twice] }), ['providers.1.provider', 'providers']);
    const odd = { provider: 'GMAIL', share: Number.NaN };
    assert.deepEqual(paths({ recipients: 1, providers: [odd] }), ['providers.0.provider', 'providers.0.share']);
    assert.deepEqual(
      paths({ recipients: 1, providers: Array.from({ length: 21 }, (_, at) => ({ provider: `p${at}`, share: 0 })) }),
      ['providers'],
    );
  });

  it('rounds parts to whole numbers with the same sum, each by less than one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 }), (weights) => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        const parts = weights.map((weight) => (sum === 0 ? 0 : (weight / sum) * 997));
        const whole = wholeMessages(parts);
        assert.equal(
          whole.reduce((total, count) => total + count, 0),
          sum === 0 ? 0 : 997,
        );
        assert.ok(whole.every((count, at) => Math.abs(count - parts[at]!) < 1));
      }),
    );
  });
});
