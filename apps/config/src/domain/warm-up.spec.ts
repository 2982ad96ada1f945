import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayMs } from '@sendpool/contracts';
import fc from 'fast-check';
import { expandWarmUp, type WarmUpInput } from './check-warm-up.ts';
import { createFaults } from './result.ts';
import { toServerRecord } from './sending-server.ts';
import { serverWith } from './testing.ts';
import { holdWarmUp, progressOf, providerLimitOf, type WarmUp } from './warm-up.ts';

const noon = Date.UTC(2026, 10, 24, 12);
const midnight = Date.UTC(2026, 10, 24);
const expand = (schedule: WarmUpInput['schedule'], change: Partial<WarmUpInput> = {}) => {
  const faults = createFaults();
  const plan = expandWarmUp(faults, { schedule, ...change }, noon);
  return { plan, paths: faults.errors.map(({ path }) => path!.slice(2).join('.')) };
};
const plan: WarmUp = { startsAt: midnight, heldDays: 0, heldOn: null, perDay: [50, 100, 200], providers: [] };

describe('expandWarmUp', () => {
  it('adds the same number each day when linear', () => {
    const { perDay } = expand({ linear: { firstDay: 50, perDayMore: 25, days: 4 } }).plan;
    assert.deepEqual(perDay, [50, 75, 100, 125]);
  });

  it('multiplies each day by the factor when exponential, rounded', () => {
    const { perDay } = expand({ exponential: { firstDay: 50, factor: 1.5, days: 5 } }).plan;
    assert.deepEqual(perDay, [50, 75, 113, 169, 253]);
  });

  it('takes a table as it is, and begins today in UTC unless it is said otherwise', () => {
    assert.deepEqual(expand({ table: [20, 30] }).plan, { ...plan, perDay: [20, 30] });
    const startsAt = new Date('2026-12-01T23:30:00Z');
    assert.equal(expand({ table: [1] }, { startsAt }).plan.startsAt, Date.UTC(2026, 11, 1));
  });

  it('keeps plans for single mailbox providers beside it', () => {
    const providers = [{ provider: 'gmail', perDay: [5, 20] }];
    assert.deepEqual(expand({ table: [20, 20] }, { providers }), {
      plan: { ...plan, perDay: [20, 20], providers },
      paths: [],
    });
  });

  const contrary: [string, number[]][] = [
    ['ends before the whole, since the provider would get everything on the next day', [5, 10]],
    ['goes on after the whole, since nothing would hold it', [5, 10, 15, 20]],
    ['has more on a day than the whole, since that is never reached', [5, 201, 15]],
  ];
  for (const [what, perDay] of contrary)
    it(`refuses a plan for a mailbox provider that ${what}`, () => {
      const providers = [
        { provider: 'gmx', perDay: [1, 1, 1] },
        { provider: 'gmail', perDay },
      ];
      assert.deepEqual(expand({ table: [100, 200, 400] }, { providers }).paths, ['providers.1.perDay']);
    });

  it('does not hold a plan for a mailbox provider against a schedule that is refused itself', () => {
    const providers = [{ provider: 'gmail', perDay: [5] }];
    assert.deepEqual(expand({ table: [100, 0] }, { providers }).paths, ['schedule']);
  });

  const refused: [string, WarmUpInput['schedule'], string][] = [
    ['no schedule', {}, 'schedule'],
    ['two schedules', { table: [1], linear: { firstDay: 1, perDayMore: 1, days: 1 } }, 'schedule'],
    ['an empty table', { table: [] }, 'schedule'],
    ['91 days', { table: Array.from({ length: 91 }, () => 1) }, 'schedule'],
    ['a day without a message', { table: [5, 0, 0] }, 'schedule'],
    ['a day above 10,000,000', { exponential: { firstDay: 1000, factor: 10, days: 6 } }, 'schedule'],
    ['91 linear days', { linear: { firstDay: 1, perDayMore: 1, days: 91 } }, 'schedule.linear.days'],
    ['fewer each day', { linear: { firstDay: 9, perDayMore: -1, days: 2 } }, 'schedule.linear.perDayMore'],
    ['a factor below 1', { exponential: { firstDay: 9, factor: 0.9, days: 2 } }, 'schedule.exponential.factor'],
    [
      'a factor that is no number',
      { exponential: { firstDay: 9, factor: Number.NaN, days: 2 } },
      'schedule.exponential.factor',
    ],
    ['a billion days', { exponential: { firstDay: 9, factor: 1, days: 1e9 } }, 'schedule.exponential.days'],
  ];
  for (const [what, schedule, path] of refused)
    it(`refuses ${what}`, () => assert.deepEqual(expand(schedule).paths, [path]));

  it('refuses a start that is more than a year away, and a provider twice', () => {
    assert.deepEqual(expand({ table: [1] }, { startsAt: new Date('2028-01-01T00:00:00Z') }).paths, ['startsAt']);
    const twice = [
      { provider: 'gmail', perDay: [1] },
      { provider: 'gmail', perDay: [0] },
    ];
    const { paths } = expand({ table: [1] }, { providers: twice });
    assert.deepEqual(paths, ['providers.1.provider', 'providers.1.perDay']);
  });

  it('gives only days of 1 to 10,000,000 messages, at most 90, or a fault', () => {
    const growth = fc.record({
      firstDay: fc.integer({ min: -5, max: 20_000_000 }),
      factor: fc.double({ min: 0.5, max: 12, noNaN: true }),
      days: fc.integer({ min: -2, max: 120 }),
    });
    fc.assert(
      fc.property(growth, (exponential) => {
        const { plan: made, paths } = expand({ exponential });
        const isWell = made.perDay.length <= 90 && made.perDay.every((count) => count >= 1 && count <= 10_000_000);
        assert.ok(paths.length > 0 || (isWell && made.perDay.length === exponential.days));
      }),
      { numRuns: 200 },
    );
  });
});

const at = (days: number) => progressOf(plan, noon + days * dayMs);

describe('the progress of a warm-up', () => {
  it('lets nothing through before it begins, counts its days from 1, and is over after the last one', () => {
    assert.deepEqual(at(0), { day: 1, limitToday: 50, finished: false });
    assert.deepEqual(at(2), { day: 3, limitToday: 200, finished: false });
    assert.deepEqual(at(3), { day: null, limitToday: null, finished: true });
    assert.deepEqual(at(-1), { day: null, limitToday: 0, finished: false });
  });

  it('repeats a day when it is held, once a day however often it is said', () => {
    const held = holdWarmUp(plan, noon + dayMs);
    assert.ok(typeof held !== 'string');
    assert.deepEqual([held.heldDays, progressOf(held, noon + dayMs).limitToday], [1, 50]);
    assert.deepEqual(progressOf(held, noon + 2 * dayMs), { day: 2, limitToday: 100, finished: false });
    assert.match(holdWarmUp(held, noon + dayMs + 1) as string, /already/);
    const again = holdWarmUp(held, midnight + 2 * dayMs);
    assert.equal(typeof again !== 'string' && again.heldDays, 2);
  });

  it('begins with its first day, however early it is held', () => {
    const held = holdWarmUp(plan, noon);
    assert.ok(typeof held !== 'string');
    assert.deepEqual(
      [0, 1, 2].map((days) => progressOf(held, noon + days * dayMs).day),
      [1, 1, 2],
    );
  });

  it('is not held before it begins, after its end, and when there is none', () => {
    assert.match(holdWarmUp(plan, noon - dayMs) as string, /not begun/);
    assert.match(holdWarmUp(plan, noon + 3 * dayMs) as string, /over/);
    assert.match(holdWarmUp(null, noon) as string, /no warm-up/);
  });

  it('has the same day for each mailbox provider', () => {
    const wide = { ...plan, heldDays: 1, providers: [{ provider: 'gmail', perDay: [5, 10] }] };
    const limits = [0, 1, 2, 3].map((days) => providerLimitOf(wide, 'gmail', noon + days * dayMs));
    assert.deepEqual([...limits, providerLimitOf(wide, 'gmx', noon)], [5, 5, 10, null, null]);
    assert.equal(providerLimitOf(wide, 'gmail', noon - dayMs), 0);
  });

  it('goes to the topic as the senders read it', () => {
    const warmUp = { ...plan, heldDays: 2, heldOn: midnight };
    const { heldOn: _, ...record } = warmUp;
    assert.deepEqual(toServerRecord(serverWith({ warmUp })).warmUp, record);
  });
});
