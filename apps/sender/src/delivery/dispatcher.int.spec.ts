import assert from 'node:assert/strict';
import { onlyConnections } from '@sendpool/contracts';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink, type SinkOptions } from '@sendpool/testing';
import { campaignOf, createHarness, messageFor, poolOf, serverAt, type Harness } from './harness.ts';

/** Sinks a, b, c … with weights, all in one pool. */
const setUp = async (
  weights: Record<string, number>,
  sinks: Record<string, SinkOptions & { connections?: number }> = {},
  harness: Harness = createHarness(),
) => {
  const running = new Map<string, Sink>();
  for (const id of Object.keys(weights)) {
    const sink = await startSink(sinks[id] ?? {});
    running.set(id, sink);
    harness.server(configOf(id, sink, sinks[id]?.connections));
  }
  harness.dispatcher.settings.pool(poolOf(weights));
  const tearDown = async (): Promise<void> => {
    await harness[Symbol.asyncDispose]();
    for (const sink of running.values()) await sink.stop();
  };
  return { ...harness, sink: (id: string) => running.get(id)!, [Symbol.asyncDispose]: tearDown };
};

const configOf = (id: string, sink: Sink, connections = 2) =>
  serverAt(sink.port, {
    id,
    limits: onlyConnections(connections),
  });

const recipientsAt = (...sinks: Sink[]): string[] => sinks.flatMap((sink) => sink.received.map(({ to }) => to)).sort();

const recipients = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `r${number}@example.org`).sort();

const outcomesOf = (harness: Harness): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const reports of harness.keeper.finished.values())
    for (const { outcome } of reports) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

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

describe('a message without a server', () => {
  it('is given back before it starts when no member may send', async () => {
    await using run = await setUp({ a: 1 });
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, from: { name: '', address: 'x@other.example' } }));
    run.offer(0, 3);
    await run.untilEnded(3);
    assert.deepEqual(run.keeper.givenBack.get(0), [{ outcome: 'RELEASED', reason: 'NO_SERVER' }]);
  });

  it('is deferred when it failed at every server while these take others, with what happened there', async () => {
    await using run = await setUp({ a: 2, b: 1 });
    for (const id of ['a', 'b'])
      run.sink(id).setBehaviour(({ to }) => (to.startsWith('r7@') ? { at: 'DATA', do: 'CLOSE' } : undefined));
    run.offer(0, 40);
    await run.untilEnded(40);
    const [report] = run.keeper.finished.get(7)!;
    assert.equal(report?.outcome, 'DEFERRED');
    assert.equal(report.reason, 'SERVERS_FAILED');
    assert.equal(report.serverId, null);
    assert.deepEqual(report.hops.map(({ serverId }) => serverId).sort(), ['a', 'b']);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 39, DEFERRED: 1 });
  });

  it('is released when all servers are broken', async () => {
    await using run = await setUp({ a: 2, b: 1 });
    await run.sink('a').stop();
    await run.sink('b').stop();
    run.offer(0, 40);
    await run.untilEnded(40);
    const reasons = new Set([...run.keeper.givenBack.values()].flat().map(({ reason }) => reason));
    assert.deepEqual([...reasons], ['NO_SERVER']);
    assert.ok(run.keeper.givenBack.size >= 20, `${run.keeper.givenBack.size} given back`);
  });

  it('waits when its only server asked it to go slower', async () => {
    await using run = await setUp({ a: 1 });
    const slower = { at: 'MAIL', do: 'REPLY', code: 451, text: '4.7.0 too many messages' } as const;
    run.sink('a').setBehaviour(({ count }) => (count === 5 ? slower : undefined));
    run.offer(0, 20);
    await run.untilEnded(20);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 20 });
  });

  it('is not tried at a fourth server', async () => {
    await using run = await setUp({ a: 1, b: 1, c: 1, d: 1 });
    for (const id of ['a', 'b', 'c', 'd']) await run.sink(id).stop();
    run.offer(0, 1);
    await run.untilEnded(1);
    assert.equal(run.keeper.finished.get(0)?.[0]?.hops.length, 3);
  });
});

describe('an answer that does not come', () => {
  it('after the final dot is UNKNOWN, and no second copy goes anywhere', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    run.sink('a').setBehaviour(() => ({ at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' }));
    run.offer(0, 6);
    await run.untilEnded(6);
    await sleep(50);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(6));
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 3, UNKNOWN: 3 });
    const unknown = [...run.keeper.finished.values()].flat().find(({ outcome }) => outcome === 'UNKNOWN');
    assert.equal(unknown?.serverId, 'a');
    assert.equal(unknown.reason, 'NO_REPLY');
  });
});

describe('refusals of one recipient', () => {
  it('are its outcome, with reply, class and server, and leave the server in use', async () => {
    await using run = await setUp({ a: 1 });
    run.sink('a').setBehaviour(({ to }) => {
      if (to.startsWith('r0@')) return { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' };
      return to.startsWith('r1@') ? { at: 'RCPT', do: 'REPLY', code: 451, text: '4.7.1 greylisted' } : undefined;
    });
    run.offer(0, 20);
    await run.untilEnded(20);
    const [bounced] = run.keeper.finished.get(0)!;
    assert.equal(bounced?.outcome, 'BOUNCED');
    assert.equal(bounced.bounceClass, 'HARD');
    assert.equal(bounced.reply?.code, 550);
    assert.equal(bounced.serverId, 'a');
    assert.equal(run.keeper.finished.get(1)?.[0]?.outcome, 'DEFERRED');
    assert.equal(run.sink('a').received.length, 18);
  });

  it('of a message that cannot be rendered touch nobody else', async () => {
    await using run = await setUp({ a: 1 });
    run.dispatcher.offer(messageFor(7, { fields: '{"broken":1}' }));
    run.dispatcher.offer(messageFor(8, { fields: 'no JSON' }));
    run.offer(0, 3);
    await run.untilEnded(5);
    for (const recipient of [7, 8]) {
      const [report] = run.keeper.finished.get(recipient)!;
      assert.deepEqual([report?.outcome, report?.bounceClass, report?.reason], ['BOUNCED', 'BLOCK', 'RENDER_FAILED']);
    }
    assert.deepEqual(recipientsAt(run.sink('a')), recipients(3));
  });
});

describe('settings that change while mail flows', () => {
  it('Inactive: no conversation begins after it, and what waited goes elsewhere', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 5 } });
    run.offer(0, 400);
    await run.untilEnded(60);
    let begun = Infinity;
    let late = 0;
    run.sink('a').setBehaviour(({ stage, count }) => {
      if (stage === 'MAIL' && count > begun) late += 1;
      return undefined;
    });
    const running = run.dispatcher.status()[0]!.inFlight;
    begun = run.sink('a').received.length + running;
    run.server({ ...configOf('a', run.sink('a')), revision: 2, state: 'INACTIVE' });
    assert.ok(running <= 2);
    await run.untilEnded(400);
    assert.equal(late, 0);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(400));
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 400 });
    assert.equal(run.sink('a').connections, 0);
  });

  it('a server that is taken out of the pool: what waited for it goes to the others', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 100, connections: 1 } });
    run.offer(0, 60);
    await sleep(150);
    const before = run.sink('a').received.length;
    run.dispatcher.settings.pool(poolOf({ b: 1 }, { revision: 2 }));
    await run.untilEnded(60);
    assert.ok(run.sink('a').received.length <= before + 1, `${run.sink('a').received.length}, and ${before} before`);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 60 });
  });

  it('new credentials are used at once, and failures of the old ones do not count any more', async () => {
    const certificate = { tls: 'IMPLICIT', auth: { username: 'u', password: 'new' } } as const;
    await using run = await setUp({ a: 1 }, { a: certificate });
    const { ca } = run.sink('a').certificate!;
    const config = { ...configOf('a', run.sink('a')), tls: 'IMPLICIT' as const, username: 'u', caCertificate: ca };
    run.server({ ...config, revision: 2 }, 'old');
    run.offer(0, 10);
    await run.untilEnded(10);
    assert.deepEqual(run.sink('a').received, []);
    run.server({ ...config, revision: 3 }, 'new');
    run.offer(0, 10);
    await run.untilEnded(20);
    assert.deepEqual(recipientsAt(run.sink('a')), recipients(10));
    assert.equal(run.dispatcher.status()[0]?.breaker, 'CLOSED');
  });

  it('a new revision: connections made under the old one carry no further message', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 2 } });
    run.offer(0, 100);
    await run.untilEnded(20);
    run.server({ ...configOf('a', run.sink('a')), revision: 2 });
    await run.untilEnded(100);
    assert.equal(run.sink('a').totalConnections, 4);
    assert.deepEqual(recipientsAt(run.sink('a')), recipients(100));
  });

  it('a paused campaign whose server hangs: everything that is not in conversation is given back at once', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 300 } });
    run.offer(0, 100);
    await run.until(({ inFlight }) => inFlight === 2);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'PAUSED' }));
    assert.equal(run.keeper.ended(), 98);
    await run.untilEnded(100);
  });

  it('a paused campaign: what is not in conversation is given back, the rest ends as it does', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    run.offer(0, 200);
    await run.untilEnded(20);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'PAUSED' }));
    await run.untilEnded(200);
    assert.ok(run.sink('a').received.length <= 24);
    assert.deepEqual(run.keeper.givenBack.get(199), [{ outcome: 'RELEASED', reason: 'PAUSED' }]);
    const released = [...run.keeper.finished.values()].flat().filter(({ outcome }) => outcome === 'RELEASED');
    for (const { reason } of released) assert.equal(reason, 'PAUSED');
  });

  it('a cancelled campaign: what is not in conversation is cancelled', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    run.offer(0, 100);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'CANCELLED' }));
    await run.untilEnded(100);
    assert.deepEqual(run.keeper.givenBack.get(99), [{ outcome: 'CANCELLED', reason: 'CANCELLED' }]);
  });
});

describe('a lane that is lost', () => {
  it('what is withdrawn is forgotten, what is started and not in conversation ends as RELEASED, and nothing more begins', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    const messages = Array.from({ length: 100 }, (_, recipient) => messageFor(recipient));
    for (const message of messages) run.dispatcher.offer(message);
    await run.untilEnded(10);
    const begun = run.sink('a').received.length + run.dispatcher.status()[0]!.inFlight;
    run.dispatcher.withdraw(messages);
    run.dispatcher.standDown();
    const [state] = run.dispatcher.status();
    assert.deepEqual([state?.queued, state?.inFlight], [0, 2]);
    await sleep(100);
    assert.ok(run.sink('a').received.length <= begun);
    assert.equal(run.keeper.givenBack.size, 0);
    const reasons = [...run.keeper.finished.values()].flat().map(({ outcome, reason }) => `${outcome} ${reason}`);
    assert.ok(reasons.includes('RELEASED LANE_LOST'));
  });

  it('their connections go with them, when they are idle or once their message has ended; new lanes open new ones', async () => {
    const reply = Promise.withResolvers<void>();
    await using run = await setUp(
      { a: 1 },
      { a: { onMail: ({ to }) => (to.startsWith('r9@') ? reply.promise : undefined) } },
    );
    run.offer(8, 10);
    await run.untilEnded(1);
    await run.until(({ connections, inFlight }) => connections === 2 && inFlight === 1);
    run.dispatcher.standDown();
    await run.until(({ connections }) => connections === 1);
    reply.resolve();
    await run.until(({ connections }) => connections === 0);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 2 });
    run.dispatcher.settings.lanes(new Set([0]));
    run.offer(10, 12);
    await run.untilEnded(4);
    await run.until(({ connections }) => connections === 2);
  });

  it('before the keeper has said so: the next conversations do not begin, and started messages end as RELEASED', async () => {
    await using run = await setUp({ a: 1 }, { a: { delayMs: 5 } });
    run.offer(0, 100);
    await run.untilEnded(10);
    run.keeper.isLost = true;
    const begun = run.sink('a').received.length + run.dispatcher.status()[0]!.inFlight;
    await sleep(100);
    assert.ok(run.sink('a').received.length <= begun);
    const lost = [...run.keeper.finished.values()].flat().filter(({ outcome }) => outcome === 'RELEASED');
    assert.ok(lost.length > 0);
    for (const { reason } of lost) assert.equal(reason, 'LANE_LOST');
  });
});

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
