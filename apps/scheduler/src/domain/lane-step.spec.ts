import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laneLimits } from '@sendpool/contracts';
import { stepOf, type LaneInDatabase, type LaneInLog } from './lane-step.ts';

const step = (database: Partial<LaneInDatabase>, log: Partial<LaneInLog>) => {
  const lane = { lane: 0, lastSequence: 5000, recorded: 40, ...database };
  return stepOf({ before: lane, after: lane }, { newestSequence: 5000, next: 5001, eventsNext: 50, ...log });
};

test('a lane whose newest sequence lies in the log is in step', () => {
  assert.equal(step({}, {}), 'IN_STEP');
});

test('an intent that was stored and not produced is no fault', () => {
  assert.equal(step({}, { newestSequence: 5000 - laneLimits.slice }), 'IN_STEP');
});

test('a lost batch with an unproduced intent behind it is left to the gap report', () => {
  assert.equal(step({}, { newestSequence: 5000 - 2 * laneLimits.slice }), 'IN_STEP');
  assert.equal(step({}, { newestSequence: 5000 - 2 * laneLimits.slice - 1 }), 'LOG_BEHIND');
});

test('a sequence in the log that was never given out shows that the database is older', () => {
  assert.equal(step({}, { newestSequence: 5001 }), 'LOG_AHEAD');
  assert.equal(step({ lastSequence: -1, recorded: 0 }, { newestSequence: 0 }), 'LOG_AHEAD');
});

test('events that were recorded and are not in the log show that the log is older', () => {
  assert.equal(step({ recorded: 51 }, {}), 'LOG_BEHIND');
  assert.equal(
    step({ lastSequence: 3, recorded: 4 }, { newestSequence: undefined, next: 0, eventsNext: 0 }),
    'LOG_BEHIND',
  );
});

test('a new lane, and an idle one whose records were dropped, are in step', () => {
  const nothing = { newestSequence: undefined, next: 0, eventsNext: 0 };
  assert.equal(step({ lastSequence: -1, recorded: 0 }, nothing), 'IN_STEP');
  assert.equal(step({}, { newestSequence: undefined }), 'IN_STEP');
});

test('what goes on while it is looked at is no fault', () => {
  const [before, after] = [
    { lane: 0, lastSequence: 10, recorded: 5 },
    { lane: 0, lastSequence: 9000, recorded: 900 },
  ];
  assert.equal(stepOf({ before, after }, { newestSequence: 8000, next: 8001, eventsNext: 6 }), 'IN_STEP');
});
