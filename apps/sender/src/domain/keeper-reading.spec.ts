/** How the keeper of the lanes takes in what the log holds, and what it does not hold any more; the names are those of docs/protocol.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from './read-request.ts';
import {
  assign,
  createHarness,
  emptyPositions,
  ledgerOf,
  openHarness,
  openTestEpoch,
  outcomesOf,
  report,
  requestRecord,
  stored,
  type Positions,
} from './keeper.fixture.ts';

test('stale-campaign-view-waits: a record whose revision has not come holds back only itself', async () => {
  const records = stored(0, 2);
  records[1] = { offset: 1, request: requestRecord(1, { campaignId: 'c2', campaignRevision: 4 }) };
  const { harness } = await openHarness(emptyPositions(), records);
  assert.deepEqual(
    harness.ready.map(({ offset }) => offset),
    [0, 2],
  );
  harness.revisions.set('c2', 3);
  harness.keeper.campaignChanged('c2');
  assert.equal(harness.keeper.state()[0]?.waiting, 1);
  harness.revisions.set('c2', 4);
  harness.keeper.campaignChanged('c2');
  assert.deepEqual(
    harness.ready.map(({ offset }) => offset),
    [0, 2, 1],
  );
});

test('gap-is-reported-and-healed: before the record behind it is taken in', async () => {
  const harness = createHarness();
  const positions = emptyPositions();
  harness.log.set(0, { offset: 0, request: requestRecord(4) });
  harness.canPublish = false;
  const assigned = assign(harness, positions, 1);
  await harness.run();
  assert.equal(harness.ready.length, 0);
  harness.canPublish = true;
  await harness.run(3000);
  await assigned;
  assert.deepEqual(outcomesOf(harness), ['GAP 0-3']);
  assert.deepEqual(
    harness.ready.map(({ request }) => request.sequence),
    [4],
  );
});

test('old-owner-produces-after-new-owner: what was produced twice is received once', async () => {
  const records = [...stored(0, 3), { offset: 4, request: requestRecord(2) }, { offset: 5, request: requestRecord(3) }];
  const { harness } = await openHarness(emptyPositions(), [...records, { offset: 6, request: requestRecord(4) }]);
  assert.deepEqual(
    harness.ready.map(({ request }) => request.sequence),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(outcomesOf(harness), []);
});

test('a fence is a gap up to itself, and what lies under it is dropped', async () => {
  const records = [
    ...stored(0, 0),
    { offset: 1, request: { type: 'FENCE' as const, lane: 0, sequence: 1000 } },
    { offset: 2, request: requestRecord(1) },
    { offset: 3, request: requestRecord(1001) },
  ];
  const { harness } = await openHarness(emptyPositions(), records);
  assert.deepEqual(outcomesOf(harness), ['GAP 1-1000']);
  assert.deepEqual(
    harness.ready.map(({ request }) => request.sequence),
    [0, 1001],
  );
});

test('new-lane-is-not-an-alarm: its first ledger is committed before it is read, which opens it', async () => {
  const positions: Positions = new Map();
  const { harness } = await openHarness(positions, []);
  assert.deepEqual(harness.alarms, []);
  assert.deepEqual([ledgerOf(positions).base, ledgerOf(positions).lastSequence], [0, -1]);
});

test('group-deleted-is: a lane with records and without a ledger is in doubt up to its end', async () => {
  const positions: Positions = new Map();
  const { harness } = await openHarness(positions, stored(0, 5));
  assert.deepEqual(harness.alarms, ['LEDGER_LOST']);
  assert.deepEqual(outcomesOf(harness), ['LOST 5']);
  assert.deepEqual(harness.ready, []);
  assert.deepEqual([ledgerOf(positions).base, ledgerOf(positions).lastSequence], [6, 5]);
});

test('erased-metadata-is-doubt: reported before the new ledger is committed, so that a crash in between loses nothing', async () => {
  for (const metadata of ['', 'L1:0:', 'S1:0::9::']) {
    const positions: Positions = new Map([[0, { offset: 3, metadata }]]);
    const { harness } = await openHarness(positions, stored(0, 5));
    assert.deepEqual(outcomesOf(harness), ['LOST 5'], metadata);
    assert.equal(ledgerOf(positions).base, 6);
  }
  const positions: Positions = new Map([[0, { offset: 3, metadata: '' }]]);
  const harness = createHarness();
  for (const record of stored(0, 5)) harness.log.set(record.offset, record);
  const epoch = openTestEpoch(1, positions);
  epoch.answers = 'LOST';
  await assert.rejects(harness.keeper.assigned(epoch));
  assert.deepEqual(outcomesOf(harness), ['LOST 5']);
  assert.equal(positions.get(0)?.metadata, '');
});

test('a lost ledger whose log is empty puts everything before the next record in doubt, also for the owner after this one', async () => {
  const positions: Positions = new Map([[0, { offset: 40, metadata: '' }]]);
  const lost = createHarness();
  const epoch = openTestEpoch(1, positions);
  Object.assign(lost.log, { values: () => [{ offset: 39 }].values() });
  await lost.keeper.assigned(epoch);
  assert.deepEqual(outcomesOf(lost), []);
  const { harness } = await openHarness(positions, [{ offset: 40, request: requestRecord(77) }], 2);
  assert.deepEqual(outcomesOf(harness), ['LOST 76']);
});

test('poison-record: one that names its publication is BOUNCED, one that names nothing is skipped and the gap returns it', async () => {
  const text = new TextEncoder();
  const records = [
    readRequest(0, text.encode(JSON.stringify({ ...requestRecord(0), email: 7 }))),
    readRequest(1, text.encode('{ no json')),
    readRequest(2, text.encode(JSON.stringify(requestRecord(2)))),
  ];
  const { harness, positions } = await openHarness(emptyPositions(), records);
  assert.deepEqual(
    outcomesOf(harness).toSorted((a, b) => (a < b ? -1 : 1)),
    ['BOUNCED 0 INVALID_REQUEST', 'GAP 1-1'],
  );
  const bounced = harness.events.find((event) => event.type === 'OUTCOME');
  assert.equal(bounced?.bounceClass, 'BLOCK');
  assert.deepEqual(harness.alarms, ['BAD_RECORD', 'BAD_RECORD']);
  assert.deepEqual(
    harness.ready.map(({ offset }) => offset),
    [2],
  );
  assert.equal(ledgerOf(positions).base, 2);
});

test('in a window more than 3/4 full, fresh records that wait for more than a minute are given back as BUSY', async () => {
  const records = stored(0, 15);
  records[0] = { offset: 0, request: requestRecord(0, { campaignId: 'c2' }) };
  const { harness, positions } = await openHarness(emptyPositions(), records);
  for (let turn = 0; turn < 8; turn++) {
    const starts = harness.ready.filter(({ offset }) => offset !== 9);
    await Promise.all([
      ...starts.map((message) =>
        harness.keeper.start(message).then((ok) => ok && harness.keeper.finish(message, report())),
      ),
      harness.run(60),
    ]);
  }
  assert.equal(ledgerOf(positions).base, 0);
  await harness.run(50_000);
  assert.ok(!outcomesOf(harness).some((outcome) => outcome.startsWith('RELEASED')));
  await harness.run(20_000);
  assert.deepEqual(
    outcomesOf(harness).filter((outcome) => outcome.startsWith('RELEASED')),
    ['RELEASED 0 BUSY'],
  );
  assert.equal(ledgerOf(positions).base, 9);
});

test('a full window stops the reading of the lane, and room in it lets it go on', async () => {
  const { harness, epoch } = await openHarness(emptyPositions(), stored(0, 39));
  assert.deepEqual([...epoch.paused], [0]);
  for (let turn = 0; turn < 40; turn++) {
    await Promise.all([
      ...harness.ready.map((message) =>
        harness.keeper.start(message).then((ok) => ok && harness.keeper.finish(message, report())),
      ),
      harness.run(40),
    ]);
  }
  assert.equal(harness.events.length, 40);
  assert.deepEqual([...epoch.paused], []);
});
