/** What the keeper of the lanes starts, finishes and gives back, case by case; the names are those of docs/protocol.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordState } from './ledger.ts';
import {
  assign,
  createHarness,
  emptyPositions,
  ledgerOf,
  openHarness,
  outcomesOf,
  report,
  stored,
  type Harness,
} from './keeper.fixture.ts';

const startAll = async ({ keeper, ready, run }: Harness): Promise<boolean[]> => {
  const starts = Promise.all(ready.map((message) => keeper.start(message)));
  await run();
  return starts;
};

const { STARTED, RETURNED, DONE } = recordState;

test('a message is started, its outcome is in the log, and only then is it done', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 0));
  assert.deepEqual(await startAll(harness), [true]);
  assert.deepEqual([...ledgerOf(positions).states], [STARTED]);
  harness.canPublish = false;
  harness.keeper.finish(harness.ready[0]!, report());
  await harness.run();
  assert.deepEqual([...ledgerOf(positions).states], [STARTED]);
  harness.canPublish = true;
  await harness.run(3000);
  assert.deepEqual(outcomesOf(harness), ['ACCEPTED 0']);
  assert.equal(ledgerOf(positions).base, 1);
});

test('at most W messages of a lane are started at once, and canStart says so', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 4));
  const began: number[] = [];
  for (const message of harness.ready) {
    void harness.keeper.start(message).then(() => began.push(message.offset));
  }
  await harness.run();
  assert.deepEqual(began, [0, 1, 2]);
  assert.equal(harness.keeper.canStart(harness.ready[3]!), false);
  harness.keeper.finish(harness.ready[1]!, report());
  await harness.run();
  assert.deepEqual(began, [0, 1, 2, 3]);
  assert.equal([...ledgerOf(positions).states].filter((state) => state === STARTED).length, 3);
});

test('late-commit-does-not-reset-the-ledger: without an answer nothing starts, and the next epoch believes what it finds', async () => {
  for (const answers of ['TAKEN', 'LOST'] as const) {
    const { harness, epoch, positions } = await openHarness(emptyPositions(), stored(0, 1));
    epoch.answers = answers;
    const [first] = harness.ready;
    const started = harness.keeper.start(first!);
    await harness.run();
    assert.equal(await started, false);
    assert.equal(harness.keeper.isAlive(first!), false);
    assert.deepEqual(
      harness.withdrawn.map(({ offset }) => offset),
      [1],
    );
    harness.ready.length = 0;
    await assign(harness, positions, 2);
    assert.deepEqual(outcomesOf(harness), answers === 'TAKEN' ? ['RELEASED 0 RETURNED'] : []);
    assert.deepEqual(
      harness.ready.map(({ offset }) => offset),
      answers === 'TAKEN' ? [1] : [0, 1],
    );
  }
});

test('a start that got no answer is in doubt for every other process, and for its own once another has had the lane', async () => {
  const { harness, epoch, positions } = await openHarness(emptyPositions(), stored(0, 0));
  epoch.answers = 'TAKEN';
  void harness.keeper.start(harness.ready[0]!);
  await harness.run();
  const other = await openHarness(new Map(positions), stored(0, 0), 2);
  assert.deepEqual(outcomesOf(other.harness), ['UNKNOWN 0 SENDER_LOST']);
  // Another process started the same record in a generation between, and was lost.
  const { metadata } = positions.get(0)!;
  positions.set(0, { offset: 0, metadata: metadata.replace('S1.1:', 'S1.2:') });
  await assign(harness, positions, 3);
  assert.deepEqual(outcomesOf(harness), ['UNKNOWN 0 SENDER_LOST']);
});

test('released-by-a-fenced-sender-never-doubles: the outcome follows the returned bit, or never comes', async () => {
  const { harness, epoch, positions } = await openHarness(emptyPositions(), stored(0, 0));
  epoch.answers = 'LOST';
  harness.keeper.giveBack(harness.ready[0]!, { outcome: 'RELEASED', reason: 'PAUSED' });
  await harness.run();
  assert.deepEqual(outcomesOf(harness), []);
  await assign(harness, positions, 2);
  harness.keeper.giveBack(harness.ready[1]!, { outcome: 'RELEASED', reason: 'PAUSED' });
  await harness.run();
  assert.deepEqual(outcomesOf(harness), ['RELEASED 0 PAUSED']);
  assert.equal(ledgerOf(positions).base, 1);
});

test('a returned message of a dead owner is released again and never sent', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 1));
  harness.canPublish = false;
  harness.keeper.giveBack(harness.ready[0]!, { outcome: 'CANCELLED', reason: 'CANCELLED' });
  await harness.run();
  assert.deepEqual([...ledgerOf(positions).states], [RETURNED]);
  const next = await openHarness(positions, stored(0, 1), 2);
  assert.deepEqual(outcomesOf(next.harness), ['RELEASED 0 RETURNED']);
  assert.deepEqual(
    next.harness.ready.map(({ offset }) => offset),
    [1],
  );
});

test('a started message of a dead owner is UNKNOWN, before anything new is offered', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 2));
  void harness.keeper.start(harness.ready[2]!);
  await harness.run();
  const next = createHarness();
  for (const record of stored(0, 2)) next.log.set(record.offset, record);
  next.canPublish = false;
  await assign(next, positions, 2);
  assert.deepEqual(next.ready, []);
  next.canPublish = true;
  await next.run(3000);
  assert.deepEqual(outcomesOf(next), ['UNKNOWN 2 SENDER_LOST']);
  assert.deepEqual(
    next.ready.map(({ offset }) => offset),
    [0, 1],
  );
});

test('rebalance-without-kill-leaves-no-unknown: a process adopts its own conversations', async () => {
  const { harness, epoch, positions } = await openHarness(emptyPositions(), stored(0, 1));
  const [running, ended] = harness.ready;
  await startAll(harness);
  const revoked = harness.keeper.revoked(epoch, 'REBALANCE');
  await harness.run(5000);
  await revoked;
  assert.equal(harness.keeper.isAlive(running!), false);
  harness.keeper.finish(ended!, report('BOUNCED'));
  await harness.run();
  await assign(harness, positions, 2);
  assert.equal(harness.keeper.isAlive(running!), true);
  harness.keeper.finish(running!, report());
  await harness.run();
  assert.deepEqual(outcomesOf(harness), ['BOUNCED 1', 'ACCEPTED 0']);
  assert.equal(ledgerOf(positions).base, 2);
});

test('before lanes are given up, running conversations may end and what was only about to start is fresh again', async () => {
  const { harness, epoch, positions } = await openHarness(emptyPositions(), stored(0, 2));
  const [running, starting] = harness.ready;
  void harness.keeper.start(running!);
  await harness.run();
  const answered = Promise.withResolvers<void>();
  epoch.gate = answered.promise;
  const started = harness.keeper.start(starting!);
  await harness.run(10);
  const revoked = harness.keeper.revoked(epoch, 'CLOSING');
  assert.deepEqual(
    harness.withdrawn.map(({ offset }) => offset),
    [2],
  );
  assert.deepEqual([...ledgerOf(positions).states], [STARTED, STARTED]);
  answered.resolve();
  await harness.run(50);
  assert.equal(await started, false);
  assert.equal(harness.keeper.isAlive(running!), true);
  harness.keeper.finish(running!, report());
  await harness.run(50);
  await revoked;
  assert.deepEqual(outcomesOf(harness), ['ACCEPTED 0']);
  assert.deepEqual([ledgerOf(positions).base, [...ledgerOf(positions).states]], [1, []]);
});

test('slow-reply-does-not-stop-the-lane: it is carried, and a later owner still reports it', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 39));
  await Promise.all([harness.keeper.start(harness.ready[0]!), harness.run()]);
  const slow = harness.ready[0]!;
  for (let turn = 0; turn < 60 && harness.events.length < 39; turn++) {
    const fresh = harness.ready.filter((message) => message !== slow);
    await Promise.all([
      ...fresh.map((message) =>
        harness.keeper.start(message).then((ok) => ok && harness.keeper.finish(message, report())),
      ),
      harness.run(40),
    ]);
  }
  assert.equal(harness.events.length, 39);
  await harness.run();
  assert.deepEqual(ledgerOf(positions).carried, [{ offset: 0, sequence: 0 }]);
  assert.equal(ledgerOf(positions).base, 40);
  const next = await openHarness(positions, stored(0, 39), 2);
  assert.deepEqual(outcomesOf(next.harness), ['UNKNOWN 0 SENDER_LOST']);
  assert.deepEqual(ledgerOf(positions).carried, []);
});

test('records of an epoch that is over are refused, and so are its messages', async () => {
  const { harness, epoch } = await openHarness(emptyPositions(), stored(0, 0));
  await harness.keeper.revoked(epoch, 'LOST');
  await assert.rejects(harness.keeper.received(epoch, 0, stored(1, 1)), /any more/);
  assert.equal(await harness.keeper.start(harness.ready[0]!), false);
  assert.deepEqual(harness.withdrawn, harness.ready);
});

test('a record that was done before is not sent again by the next owner', async () => {
  const { harness, positions } = await openHarness(emptyPositions(), stored(0, 2));
  await Promise.all([harness.keeper.start(harness.ready[1]!), harness.run()]);
  harness.keeper.finish(harness.ready[1]!, report());
  await harness.run();
  assert.deepEqual([...ledgerOf(positions).states], [recordState.FRESH, DONE]);
  const next = await openHarness(positions, stored(0, 2), 2);
  assert.deepEqual(
    next.harness.ready.map(({ offset }) => offset),
    [0, 2],
  );
});
