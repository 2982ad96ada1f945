/** Which recipients a slice takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { laneLimits } from '@sendpool/contracts';
import { narrowedWindow, planSlice, widenedWindow, type CampaignInLane, type SliceInput } from './plan-slice.ts';
import { struck } from './pool-pause.ts';
import { defaultRetryPolicy as policy } from './recipient.ts';

const limits = { slice: 500, probe: 5 };

const campaign = (number: number, patch: Partial<CampaignInLane> = {}): CampaignInLane => ({
  campaign: number,
  id: `c${number}`,
  revision: 1,
  poolId: 'pool',
  inFlight: 0,
  window: 1024,
  due: 0,
  fresh: 0,
  ...patch,
});

const plan = (campaigns: readonly CampaignInLane[], input: Partial<SliceInput> = {}) =>
  planSlice({ campaigns, pauses: [], now: 1000, turn: 0, ...input }, limits, policy);

const places = (campaigns: readonly CampaignInLane[], input?: Partial<SliceInput>): Record<number, number> =>
  Object.fromEntries(plan(campaigns, input).shares.map((share) => [share.campaign, share.due + share.fresh]));

test('campaigns share a slice equally, and what one does not need the others get', () => {
  assert.deepEqual(places([campaign(1, { fresh: 9999 }), campaign(2, { fresh: 9999 })]), { 1: 250, 2: 250 });
  const three = [campaign(1, { fresh: 9999 }), campaign(2, { fresh: 20 }), campaign(3, { fresh: 9999 })];
  assert.deepEqual(places(three), { 1: 240, 2: 20, 3: 240 });
});

test('what is due goes before what is fresh', () => {
  assert.deepEqual(plan([campaign(1, { due: 30, fresh: 9999 })]).shares, [{ campaign: 1, due: 30, fresh: 470 }]);
});

test('no campaign has more in flight than its window', () => {
  assert.deepEqual(places([campaign(1, { fresh: 9999, window: 64, inFlight: 60 }), campaign(2, { fresh: 1 })]), {
    1: 4,
    2: 1,
  });
  assert.deepEqual(places([campaign(1, { fresh: 9999, window: 32, inFlight: 60 })]), {});
});

test('with more campaigns than places each has its turn', () => {
  const many = Array.from({ length: 1200 }, (_, index) => campaign(index, { fresh: 9 }));
  const served = new Set<string>();
  for (let turn = 0; turn < 1200; turn += 400)
    for (const number of Object.keys(places(many, { turn }))) served.add(number);
  assert.equal(served.size, 1200);
});

test('a paused pool gets nothing, then a probe of few messages, and then nothing until the next one', () => {
  const pause = struck(undefined, 'pool', { now: 1000, policy, reason: 'NO_SERVER' });
  assert.deepEqual(pause, { poolId: 'pool', strikes: 1, until: 2000, reason: 'NO_SERVER' });
  const campaigns = [campaign(1, { fresh: 9999 }), campaign(2, { fresh: 9999, poolId: 'other' })];
  assert.deepEqual(places(campaigns, { pauses: [pause], now: 1999 }), { 2: 500 });
  const { shares, probed } = plan(campaigns, { pauses: [pause], now: 2000 });
  assert.deepEqual(shares, [
    { campaign: 2, due: 0, fresh: 500 },
    { campaign: 1, due: 0, fresh: 5 },
  ]);
  assert.deepEqual(probed, [{ poolId: 'pool', strikes: 2, until: 4000, reason: 'NO_SERVER' }]);
  assert.deepEqual(places(campaigns, { pauses: probed, now: 2500 }), { 2: 500 });
});

test('pauses double from one second to thirty, and messages that come back during one say nothing new', () => {
  let pause = struck(undefined, 'pool', { now: 0, policy, reason: 'NO_SERVER' });
  assert.equal(struck(pause, 'pool', { now: 500, policy, reason: 'NO_SERVER' }), pause);
  const lengths = [1, 2, 3, 4, 5, 6, 7].map(() => {
    const { until } = pause;
    pause = struck(pause, 'pool', { now: until, policy, reason: 'NO_SERVER' });
    return (pause.until - until) / 1000;
  });
  assert.deepEqual(lengths, [2, 4, 8, 16, 30, 30, 30]);
});

test('a window is halved down to a floor and grows back while the campaign sends', () => {
  assert.equal(narrowedWindow(1024), 512);
  assert.equal(narrowedWindow(33), 32);
  assert.equal(widenedWindow(512, 80), 522);
  assert.equal(widenedWindow(1020, 80), laneLimits.campaignWindow);
});

const anyCampaigns = fc.array(
  fc.record({
    due: fc.nat(900),
    fresh: fc.nat(900),
    inFlight: fc.nat(1200),
    window: fc.integer({ min: 32, max: 1024 }),
  }),
  { maxLength: 12 },
);

test('no share exceeds what is there or the window, the slice is never overfilled, and never left empty without need', () => {
  fc.assert(
    fc.property(anyCampaigns, fc.nat(), (list, turn) => {
      const campaigns = list.map((patch, index) => campaign(index, patch));
      const { shares } = plan(campaigns, { turn });
      let taken = 0;
      for (const { campaign: number, due, fresh } of shares) {
        const { window, inFlight, ...here } = campaigns[number]!;
        assert.ok(due <= here.due && fresh <= here.fresh && due + fresh <= window - inFlight);
        taken += due + fresh;
      }
      const wanted = campaigns.reduce(
        (sum, one) => sum + Math.max(0, Math.min(one.window - one.inFlight, one.due + one.fresh)),
        0,
      );
      assert.equal(taken, Math.min(limits.slice, wanted));
    }),
  );
});
