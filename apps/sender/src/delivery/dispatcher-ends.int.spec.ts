import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { campaignOf, messageFor } from './harness.fixture.ts';
import { outcomesOf, recipients, recipientsAt, setUp } from './sinks.fixture.ts';

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
