import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { poolRecord, startSink } from '@sendpool/testing';
import { createHarness } from './harness.fixture.ts';
import { configOf, outcomesOf, setUp } from './sinks.fixture.ts';

describe('a server at its rate', () => {
  it('that is waited for keeps its share by weight: the pool goes as slow as it', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    run.server({ ...configOf('a', run.sink('a'), 2, { messagesPerSecond: 50, whenLimited: 'WAIT' }), revision: 2 });
    const began = performance.now();
    run.offer(0, 100);
    await run.untilEnded(50);
    assert.equal(run.dispatcher.status()[0]?.limitedBy, 'messagesPerSecond');
    await run.untilEnded(100);
    assert.deepEqual([run.sink('a').received.length, run.sink('b').received.length], [50, 50]);
    assert.ok(performance.now() - began > 950, `${performance.now() - began} ms`);
  });

  it('is passed over otherwise: the others take what it cannot', async () => {
    await using run = await setUp({ a: 9, b: 1 });
    run.server({ ...configOf('a', run.sink('a'), 2, { messagesPerMinute: 1200 }), revision: 2 });
    run.offer(0, 200);
    await run.untilEnded(200, 3000);
    assert.ok(run.sink('a').received.length < 60, `${run.sink('a').received.length} at a`);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 200 });
  });

  it('reaches a high rate, and does not pass it', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 4 } });
    run.server({ ...configOf('a', run.sink('a'), 4, { messagesPerSecond: 300 }), revision: 2 });
    run.keeper.startMs = 5;
    const began = performance.now();
    run.offer(0, 600);
    await run.untilEnded(600);
    const took = performance.now() - began;
    assert.ok(took >= 1985 && took < 3000, `600 messages took ${took} ms`);
  });
});

const lanes = 12;
const perSecond = 60;
/** Under load a conversation reaches the sink so much later than it began. */
const jitterMs = 120;

/** Sender `index` of those that are active has each lane whose turn it is. */
const lanesOf = (active: readonly number[], index: number): Set<number> =>
  new Set(Array.from({ length: lanes }, (_, lane) => lane).filter((lane) => active[lane % active.length] === index));

describe('a rate over four senders that join and leave', () => {
  it('holds in every second at the server, and is used', async () => {
    const sink = await startSink();
    const starts: number[] = [];
    sink.setBehaviour(({ stage }) => void (stage === 'MAIL' && starts.push(performance.now())));
    const senders = Array.from({ length: 4 }, () => createHarness({ settings: { lanes } }));
    for (const sender of senders) {
      sender.dispatcher.settings.lanes(new Set());
      sender.server(configOf('a', sink, lanes, { messagesPerSecond: perSecond, whenLimited: 'WAIT' }));
      sender.dispatcher.settings.pool(poolRecord({ a: 1 }));
    }
    for (const [round, active] of [[0], [0, 1], [0, 1, 2, 3], [1, 2, 3], [2, 3], [0, 1, 2, 3]].entries()) {
      for (const [index, sender] of senders.entries()) {
        sender.dispatcher.settings.lanes(lanesOf(active, index));
        if (active.includes(index)) sender.offer(round * 100, round * 100 + 100);
      }
      await sleep(700);
    }
    for (const sender of senders) sender.dispatcher.settings.lanes(new Set());
    const most = Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length));
    assert.ok(most <= (perSecond * (1000 + jitterMs)) / 1000 + senders.length, `${most} in a second`);
    assert.ok(starts.length > perSecond * 4.2 * 0.7, `${starts.length} in 4.2 s`);
    for (const sender of senders) await sender[Symbol.asyncDispose]();
    await sink.stop();
  });
});
