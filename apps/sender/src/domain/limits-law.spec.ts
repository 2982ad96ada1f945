import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { startOfDay } from '@sendpool/contracts';
import { applyDeclared, applyShare, applyUsage, endConversation, type Limits } from './limits.ts';
import { declaring, limitsAt, midnight, shareOf, tryBegin, type Hand } from './limits.fixture.ts';
import { lateMs } from './pace.ts';

const lanes = 12;
const senders = 4;

/** Which sender owns each lane. */
const owners = fc.array(fc.nat(senders - 1), { minLength: lanes, maxLength: lanes });

const allOver = Array.from({ length: lanes }, (_, lane) => lane % senders);

/** Mostly they stay where they are. */
const moves = (oneIn: number): fc.Arbitrary<number[] | null> =>
  fc.oneof({ weight: 1, arbitrary: owners }, { weight: oneIn - 1, arbitrary: fc.constant(null) });

const ownedBy = (owner: readonly number[], sender: number): number[] =>
  owner.flatMap((of, lane) => (of === sender ? [lane] : []));

const start = (hand: Hand, limits: Parameters<typeof declaring>[0], usageWaitMs: number): Limits[] =>
  Array.from({ length: senders }, () => {
    const made = limitsAt(hand, shareOf([], lanes), usageWaitMs);
    applyDeclared(made, declaring(limits));
    return made;
  });

const assign = (all: readonly Limits[], owner: readonly number[]): void => {
  for (const [sender, limits] of all.entries()) applyShare(limits, shareOf(ownedBy(owner, sender), lanes));
};

describe('a rate over senders whose lanes move', () => {
  it('lets at most rate times time, plus one for each sender, through in any span of time', () => {
    const steps = fc.array(fc.record({ gap: fc.nat(400), owner: moves(10) }), { minLength: 30, maxLength: 120 });
    const rates = fc.constantFrom(
      { limits: { messagesPerSecond: 14 }, perSecond: 14 },
      { limits: { messagesPerMinute: 300 }, perSecond: 5 },
      { limits: { messagesPerSecond: 50, messagesPerHour: 36_000 }, perSecond: 10 },
    );
    fc.assert(
      fc.property(rates, steps, ({ limits: declared, perSecond }, all) => {
        const hand = { now: 1000, pending: 0 };
        const limits = start(hand, declared, 0);
        assign(limits, allOver);
        const sent: number[] = [];
        for (const { gap, owner } of all) {
          hand.now += gap;
          if (owner !== null) assign(limits, owner);
          for (const one of limits) while (tryBegin(one)) sent.push(hand.now);
        }
        for (const [first, from] of sent.entries())
          for (let last = first; last < sent.length; last += 1) {
            const most = (perSecond * (sent[last]! - from + lateMs)) / 1000 + senders;
            assert.ok(last - first + 1 <= most, `${last - first + 1} in ${sent[last]! - from} ms`);
          }
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});

/** Stats that has counted everything up to a second ago, and senders that hear of it later still. */
const createStats = (hand: Hand) => {
  const ends: number[] = [];
  return {
    ended: () => void ends.push(hand.now),
    perDay: (): Map<number, number> =>
      new Map([...Map.groupBy(ends, startOfDay)].map(([day, all]) => [day, all.length] as const)),
    tell: (limits: Limits, delay: number): void => {
      const countedUntil = hand.now - 1000 - delay;
      const day = startOfDay(countedUntil);
      const attempted = ends.filter((at) => at < countedUntil && startOfDay(at) === day).length;
      applyUsage(limits, { serverId: 'a', day, countedUntil, attempted, byProvider: {} });
    },
  };
};

type Running = { sender: number; endsAt: number };

describe('a quota of a day over senders whose lanes move', () => {
  const quota = 200;
  const step = fc.record({
    gap: fc.integer({ min: 10, max: 900 }),
    /** Of each sender: messages it wants to begin, and how late it hears of stats. */
    wants: fc.array(fc.nat(12), { minLength: senders, maxLength: senders }),
    delays: fc.array(fc.nat(1500), { minLength: senders, maxLength: senders }),
    /** With the gaps and delays above less than `slackMs`; longer ones may pass the quota by their number. */
    lasts: fc.nat(1500),
    owner: moves(30),
  });

  const run = (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[], from: number) => {
    const hand = { now: from, pending: 0 };
    const limits = start(hand, { messagesPerDay: quota }, 5000);
    const stats = createStats(hand);
    let running: Running[] = [];
    assign(limits, allOver);
    const end = (until: number): void => {
      for (const { sender } of running.filter(({ endsAt }) => endsAt <= until)) {
        endConversation(limits[sender]!, 'other', true);
        stats.ended();
      }
      running = running.filter(({ endsAt }) => endsAt > until);
    };
    for (const { gap, wants, delays, lasts, owner } of steps) {
      hand.now += gap;
      end(hand.now);
      if (owner !== null) {
        end(Infinity);
        assign(limits, owner);
      }
      for (const [sender, one] of limits.entries()) {
        stats.tell(one, delays[sender]!);
        for (let want = wants[sender]!; want > 0 && tryBegin(one); want -= 1)
          running.push({ sender, endsAt: hand.now + lasts });
      }
    }
    end(Infinity);
    return { stats, limits, hand };
  };

  it('is never passed, although stats lags and is heard of late', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), fc.nat(60_000), (steps, before) => {
        const { stats } = run(steps, midnight - before);
        for (const [, sent] of stats.perDay()) assert.ok(sent <= quota, `${sent} of ${quota}`);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  it('is used up to the last message when there is enough to send', () => {
    const calm = { gap: 300, wants: [3, 1, 2, 3], delays: [0, 0, 0, 0], lasts: 500, owner: null };
    const steps = Array.from({ length: 300 }, () => calm);
    const { stats } = run(steps, midnight + 1000);
    assert.deepEqual([...stats.perDay().values()], [quota]);
  });
});
