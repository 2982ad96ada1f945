import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerLimits } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { limitsTowards } from '@sendpool/testing';
import { createHarness, messageFor } from './harness.fixture.ts';
import { configOf, outcomesOf, setUp } from './sinks.fixture.ts';

const day = 86_400_000;
const today = Date.now() - (Date.now() % day);

type Run = Awaited<ReturnType<typeof setUp>>;

const declare = (run: Run, limits: Partial<ServerLimits>, change: Partial<ReturnType<typeof configOf>> = {}): void =>
  run.server({ ...configOf('a', run.sink('a'), 2, limits), revision: (revision += 1), ...change });
let revision = 1;

const limitedBy = (run: Run): string | null => run.dispatcher.status()[0]!.limitedBy;
const gotAt = (run: Run, id: string): number => run.sink(id).received.length;
const offerTo = (run: Run, domain: string, from: number, to: number): void => {
  for (let recipient = from; recipient < to; recipient += 1)
    run.dispatcher.offer(messageFor(recipient, { email: `r${recipient}@${domain}` }));
};

describe('a daily quota', () => {
  it('with OVERFLOW: the last message of the day goes, everything after it goes to the others, and the status says why', async () => {
    await using run = await setUp({ a: 3, b: 1 });
    declare(run, { messagesPerDay: 40 });
    run.offer(0, 300);
    await run.untilEnded(300);
    assert.deepEqual([gotAt(run, 'a'), gotAt(run, 'b')], [40, 260]);
    assert.equal(limitedBy(run), 'messagesPerDay');
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 300 });
  });

  it('with WAIT: messages wait for the server without a start bit, and go at once when the quota is raised', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    declare(run, { messagesPerDay: 40, whenLimited: 'WAIT' });
    let started = 0;
    const { start } = run.keeper;
    run.keeper.start = (message) => {
      started += 1;
      return start(message);
    };
    run.offer(0, 200);
    await run.untilEnded(80);
    await sleep(100);
    assert.equal(gotAt(run, 'a'), 40);
    assert.ok(run.keeper.ended() < 90, `${run.keeper.ended()} ended`);
    assert.equal(started, run.keeper.ended());
    assert.equal(limitedBy(run), 'messagesPerDay');
    declare(run, { messagesPerDay: 1000, whenLimited: 'WAIT' });
    await run.untilEnded(200);
    assert.deepEqual([gotAt(run, 'a'), gotAt(run, 'b')], [100, 100]);
  });

  it('of the only server: what waits until tomorrow is given back with the limit, and holds up nothing behind it', async () => {
    await using run = await setUp({ a: 1 });
    declare(run, { messagesPerDay: 60, providers: [limitsTowards('gmail', { messagesPerDay: 10 })] });
    offerTo(run, 'gmail.com', 0, 30);
    offerTo(run, 'example.org', 30, 100);
    await run.untilEnded(100);
    const reasons = Object.groupBy([...run.keeper.givenBack.values()].flat(), ({ reason }) => reason);
    assert.equal(gotAt(run, 'a'), 60);
    assert.deepEqual(
      Object.entries(reasons).map(([reason, all]) => [reason, all!.length]),
      [
        ['LIMITED:gmail messagesPerDay', 20],
        ['LIMITED:messagesPerDay', 20],
      ],
    );
  });

  it('goes on from what stats has counted, and what the others sent meanwhile shortens it', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    const usage = { serverId: 'a', day: today, byProvider: {} };
    declare(run, { messagesPerDay: 100 });
    run.dispatcher.settings.usage({ ...usage, attempted: 70, countedUntil: Date.now() });
    run.offer(0, 20);
    await run.untilEnded(20);
    run.dispatcher.settings.usage({ ...usage, attempted: 75, countedUntil: Date.now() + 1 });
    run.offer(20, 200);
    await run.untilEnded(200);
    assert.equal(gotAt(run, 'a'), 25);
  });

  it('waits for the count of stats after the start, and not for ever', async () => {
    const harness = createHarness({ settings: { usageWaitMs: 400 } });
    await using run = await setUp({ a: 1 }, {}, harness);
    declare(run, { messagesPerDay: 10 });
    const began = performance.now();
    run.offer(0, 5);
    await run.untilEnded(5);
    assert.ok(performance.now() - began > 300);
    declare(run, { messagesPerDay: 20, whenLimited: 'OVERFLOW' });
    run.offer(5, 10);
    await run.untilEnded(10, 200);
  });
});

describe('limits towards a mailbox provider', () => {
  it('hold for that one, and the rest of its mail takes another server', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    declare(run, { providers: [limitsTowards('gmail', { messagesPerDay: 10 })] });
    offerTo(run, 'gmail.com', 0, 100);
    offerTo(run, 'example.org', 100, 200);
    await run.untilEnded(200);
    const gmail = run.sink('a').received.filter(({ to }) => to.endsWith('gmail.com')).length;
    assert.equal(gmail, 10);
    assert.ok(Math.abs(gotAt(run, 'a') - gmail - 50) <= 46, `${gotAt(run, 'a')} at a`);
    assert.equal(limitedBy(run), 'gmail messagesPerDay');
  });

  it('hold for its conversations at a time, while others run beside', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5, connections: 4 } });
    run.server({
      ...configOf('a', run.sink('a'), 4, { providers: [limitsTowards('gmail', { maxConnections: 1 })] }),
      revision: 2,
    });
    const talking = new Set<string>();
    let [mostGmail, most] = [0, 0];
    run.sink('a').setBehaviour(({ stage, to }) => {
      if (stage === 'RCPT') talking.add(to);
      const gmail = [...talking].filter((address) => address.endsWith('gmail.com')).length;
      [mostGmail, most] = [Math.max(mostGmail, gmail), Math.max(most, talking.size)];
      if (stage === 'END_OF_DATA') setTimeout(() => talking.delete(to), 4);
      return undefined;
    });
    for (let pair = 0; pair < 100; pair += 2) {
      offerTo(run, 'gmail.com', pair, pair + 1);
      offerTo(run, 'example.org', pair + 1, pair + 2);
    }
    await run.untilEnded(100);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 100 });
    assert.ok(mostGmail <= 1 && most > 1, `${mostGmail} of gmail and ${most} at a time`);
  });
});

describe('a warm-up', () => {
  it('lets each day its number go, beside the servers that are warm', async () => {
    let now = today;
    await using run = await setUp({ a: 1, b: 1 }, {}, createHarness({ now: () => now }));
    declare(run, {}, { warmUp: { startsAt: today, heldDays: 0, perDay: [5, 12], providers: [] } });
    run.offer(0, 100);
    await run.untilEnded(100);
    assert.equal(gotAt(run, 'a'), 5);
    assert.equal(limitedBy(run), 'warmUp');
    now += day;
    run.offer(100, 200);
    await run.untilEnded(200);
    assert.equal(gotAt(run, 'a'), 17);
    now += day;
    run.offer(200, 300);
    await run.untilEnded(300);
    assert.ok(Math.abs(gotAt(run, 'a') - 67) <= 2, `${gotAt(run, 'a')} at a`);
  });
});
