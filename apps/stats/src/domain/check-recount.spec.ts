import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryEvent } from '@sendpool/contracts';
import { checkRecount, type RecountDeps } from './check-recount.ts';
import { sumDeltas, type CountDelta } from './counts.ts';
import { emptyLane, foldLane } from './fold.ts';
import { outcome, unknown } from './outcome.fixture.ts';
import { recountText } from './recount-report.ts';

const hour = 3_600_000;
const minuteKey = (delta: CountDelta): string => `${delta.serverId} ${delta.provider} ${delta.minute}`;
const campaignKey = (delta: CountDelta): string => `${delta.campaignId} ${delta.serverId} ${delta.provider}`;

/** A log of one lane whose events before `dropped` are gone, and numbers folded from all of it. */
const logOf = (events: readonly DeliveryEvent[], dropped = 0): RecountDeps => {
  const { deltas } = foldLane(emptyLane, events);
  return {
    kept: () =>
      Promise.resolve({
        positions: new Map([[0, events.length]]),
        minutes: [...sumDeltas(deltas, minuteKey).values()],
        campaigns: [...sumDeltas(deltas, campaignKey).values()],
      }),
    firstKept: () => Promise.resolve(new Map([[0, dropped]])),
    events: async function* (_lane, from, to) {
      for (const event of events.slice(from, to)) yield { at: event.at, event };
    },
    now: () => 100 * hour,
  };
};

test('folded numbers and the recount agree, and the report says so', async () => {
  const report = await checkRecount(logOf([outcome(0), unknown(1), outcome(1, { serverId: 'b' }), outcome(0)]));
  assert.equal(report.events, 4);
  assert.equal(report.recounted.accepted, 2);
  assert.deepEqual(report.differences, []);
  assert.match(recountText(report), /reaches back to the first event.*\n[^]*The numbers are equal\.$/);
});

test('a number that is off by one is found by minute and by campaign', async () => {
  const deps = logOf([outcome(0)]);
  const wrong = await deps.kept();
  for (const row of [...wrong.minutes, ...wrong.campaigns]) row.add.accepted = 2;
  const report = await checkRecount({ ...deps, kept: () => Promise.resolve(wrong) });
  assert.deepEqual(
    report.differences.map(({ counter, kept, recounted }) => [counter, kept, recounted]),
    [
      ['accepted', 2, 1],
      ['accepted', 2, 1],
    ],
  );
  assert.match(recountText(report), /DIFFER in 2 places/);
});

test('when the log has dropped events, only minutes well after them are compared', async () => {
  const events = [outcome(0, { at: 0 }), outcome(1, { at: hour }), outcome(2, { at: 3 * hour })];
  const report = await checkRecount(logOf(events, 1));
  assert.equal(report.comparedSince, 2 * hour);
  assert.equal(report.kept.accepted, 1);
  assert.deepEqual(report.differences, []);
  assert.match(recountText(report), /no longer reaches back/);
});

test('a lane with nothing left in the log does not hide the others', async () => {
  const report = await checkRecount({ ...logOf([outcome(0)], 1), now: () => 10 * 24 * hour });
  assert.equal(report.comparedSince, 3 * 24 * hour + hour);
});
