import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf, outcomesOf, recipients, recipientsAt, setUp } from './sinks.fixture.ts';

describe('limits', () => {
  it('a rate delays and fails nothing', async () => {
    await using run = await setUp({ a: 1 });
    const config = configOf('a', run.sink('a'));
    run.server({ ...config, revision: 2, limits: { ...config.limits, messagesPerSecond: 50 } });
    const began = performance.now();
    run.offer(0, 20);
    await run.untilEnded(20);
    assert.ok(performance.now() - began >= 395, `20 messages took ${performance.now() - began} ms`);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 20 });
  });

  it('a rate holds for the conversations too: what was chosen while the server stood still does not go in one burst', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 8 } });
    const perSecond = 100;
    const starts: number[] = [];
    const until = performance.now() + 1000;
    run.sink('a').setBehaviour(({ stage }) => {
      if (stage === 'MAIL') starts.push(performance.now());
      const delayMs = until - performance.now();
      return stage === 'END_OF_DATA' && delayMs > 0 ? { at: 'END_OF_DATA', do: 'SLOW', delayMs } : undefined;
    });
    const config = configOf('a', run.sink('a'), 8);
    run.server({ ...config, revision: 2, limits: { ...config.limits, messagesPerSecond: perSecond } });
    run.offer(0, 120);
    await run.untilEnded(120);
    const inTenth = starts.map((from) => starts.filter((at) => at >= from && at < from + 100).length);
    assert.ok(Math.max(...inTenth) <= 16, `${Math.max(...inTenth)} conversations began within 100 ms`);
    assert.ok(starts.at(-1)! - starts[0]! < 2500);
  });

  it('a rate sends the others to the servers without one', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    const config = configOf('a', run.sink('a'));
    run.server({ ...config, revision: 2, limits: { ...config.limits, messagesPerSecond: 1 } });
    run.offer(0, 100);
    await run.untilEnded(100, 900);
    assert.ok(run.sink('b').received.length >= 98);
  });

  it('a connection is made anew after its number of messages', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 1 } });
    const config = configOf('a', run.sink('a'), 1);
    run.server({ ...config, revision: 2, limits: { ...config.limits, messagesPerConnection: 10 } });
    run.offer(0, 100);
    await run.untilEnded(100);
    assert.equal(run.sink('a').totalConnections, 10);
    assert.deepEqual(recipientsAt(run.sink('a')), recipients(100));
  });

  it('a server that refuses one connection more keeps those it has, and nothing moves', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { maxConnections: 1, connections: 4 } });
    run.offer(0, 4);
    await run.untilEnded(4);
    run.offer(4, 400);
    await run.untilEnded(400);
    assert.equal(run.sink('a').received.length, 200);
    assert.equal(run.dispatcher.status()[0]?.failovers, 0);
  });

  it('a server that closes idle connections gets a fresh one, and no failure counts', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 1 } });
    run
      .sink('a')
      .setBehaviour(({ count }) =>
        count === 5 ? { at: 'MAIL', do: 'REPLY', code: 421, text: '4.4.2 bye' } : undefined,
      );
    run.offer(0, 20);
    await run.untilEnded(20);
    assert.deepEqual(recipientsAt(run.sink('a')), recipients(20));
    assert.equal(run.dispatcher.status()[0]?.failovers, 0);
  });
});
