import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink } from '@sendpool/testing';
import { createHarness } from './harness.fixture.ts';
import { outcomesOf, recipients, recipientsAt, setUp } from './sinks.fixture.ts';

describe('the dispatcher under full load', () => {
  it('holds the weights within a few messages while one server is slow', async () => {
    await using run = await setUp({ a: 10, b: 5, c: 3 }, { c: { delayMs: 5, connections: 1 } });
    run.offer(0, 720);
    await run.untilEnded(500);
    const done = ['a', 'b', 'c'].map((id) => run.sink(id).received.length);
    const total = done.reduce((sum, count) => sum + count, 0);
    for (const [index, share] of [10 / 18, 5 / 18, 3 / 18].entries())
      assert.ok(Math.abs(done[index]! - total * share) <= 12, `server ${index} did ${done[index]} of ${total}`);
    await run.untilEnded(720);
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => run.sink(id).received.length),
      [400, 200, 120],
    );
  });

  it('sends every message once, one at a time per connection, and holds the cap', async () => {
    await using run = await setUp({ a: 2, b: 1 }, { a: { connections: 3 }, b: { connections: 1 } });
    run.offer(0, 1000);
    let most = 0;
    while (run.keeper.ended() < 1000) {
      most = Math.max(most, run.sink('a').connections);
      assert.ok(run.sink('b').connections <= 1);
      await sleep(2);
    }
    assert.equal(most, 3);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(1000));
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 1000 });
    assert.equal(run.sink('a').totalConnections, 3);
  });

  it('asks for start bits ahead, so that slow commits do not idle the connections', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 2 } });
    run.keeper.startMs = 20;
    run.offer(0, 1000);
    const began = performance.now();
    await run.untilEnded(1000);
    assert.ok(performance.now() - began < 4000);
  });
});

describe('a server that refuses connections', () => {
  it('costs nothing: its messages go to the next server, and the breaker opens after five', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    await run.sink('a').stop();
    run.offer(0, 200);
    await run.untilEnded(200);
    assert.deepEqual(recipientsAt(run.sink('b')), recipients(200));
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 200 });
    const [a] = run.dispatcher.status();
    assert.equal(a?.breaker, 'OPEN');
    assert.match(a.lastError ?? '', /ECONNREFUSED/);
    assert.ok(a.failovers >= 1 && a.failovers <= 6, `${a.failovers} messages were moved`);
    const hops = [...run.keeper.finished.values()].flat().flatMap((report) => report.hops);
    assert.equal(hops.length, a.failovers);
    assert.deepEqual({ ...hops[0], error: '' }, { serverId: 'a', stage: 'CONNECT', error: '' });
  });

  it('is taken back after a probe, slowly', async () => {
    const breaker = { failures: 5, baseMs: 300, maxMs: 300, jitter: 0, slowStartMs: 60_000 };
    await using run = await setUp({ a: 1, b: 1 }, {}, createHarness({ settings: { breaker } }));
    const { port } = run.sink('a');
    await run.sink('a').stop();
    run.offer(0, 100);
    await run.untilEnded(100);
    const again = await startSink({ port });
    await run.until(({ breaker }) => breaker === 'SLOW_START');
    run.offer(100, 300);
    await run.untilEnded(300);
    assert.ok(again.received.length > 5 && again.received.length < 40, `${again.received.length} in slow start`);
    await again.stop();
  });

  it('loses its connections before the content: the same message goes elsewhere at once, and no copy is made', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    run.sink('a').setBehaviour(({ to }) => (/^r\d*[05]@/.test(to) ? { at: 'DATA', do: 'RESET' } : undefined));
    run.offer(0, 300);
    await run.untilEnded(300);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(300));
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 300 });
    assert.ok(run.dispatcher.status()[0]!.failovers > 0);
  });
});
