import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { breakerLimits } from '../domain/breaker.ts';
import { createHarness } from './harness.fixture.ts';
import { configOf, outcomesOf, recipients, recipientsAt, setUp } from './sinks.fixture.ts';

const slower = { at: 'MAIL', do: 'REPLY', code: 451, text: '4.7.0 too many messages' } as const;

describe('a server that asks to go slower', () => {
  it('goes at 0.7 of its rate after it, which the status shows, and loses nothing', async () => {
    await using run = await setUp({ a: 1 });
    run.server({ ...configOf('a', run.sink('a'), 4, { messagesPerSecond: 100 }), revision: 2 });
    const starts: number[] = [];
    let asked = false;
    run.sink('a').setBehaviour(({ stage, count }) => {
      if (stage !== 'MAIL') return undefined;
      if (count === 20 && !asked) {
        asked = true;
        return slower;
      }
      starts.push(performance.now());
      return undefined;
    });
    run.offer(0, 150);
    await run.until(({ rateFactor }) => rateFactor === 0.7);
    await run.untilEnded(150);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 150 });
    const after = starts.filter((at) => at > starts[0]! + 1500);
    const perSecond = ((after.length - 1) / (after.at(-1)! - after[0]!)) * 1000;
    assert.ok(after.length > 100 && perSecond > 45 && perSecond < 75, `${perSecond} a second after it`);
  });

  it('without a declared rate is held to what it was used to, and the others take the rest', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 5 }, b: { delayMs: 5 } });
    run.sink('a').setBehaviour(({ count }) => (count === 20 ? slower : undefined));
    run.offer(0, 400);
    await run.untilEnded(400);
    assert.deepEqual(recipientsAt(run.sink('a'), run.sink('b')), recipients(400));
    assert.ok(run.sink('a').received.length < 100, `${run.sink('a').received.length} at a`);
    assert.equal(run.dispatcher.status()[0]?.rateFactor, 0.7);
    assert.equal(run.dispatcher.status()[0]?.failovers, 1);
  });
});

describe('the connection plan', () => {
  it('begins at the share, has one less for each that is refused, and grows with what succeeds', async () => {
    await using run = await setUp({ a: 1 }, { a: { connections: 4, maxConnections: 2, delayMs: 5 } });
    assert.equal(run.dispatcher.status()[0]?.connectionPlan, 4);
    run.offer(0, 40);
    await run.untilEnded(40);
    assert.deepEqual(planOf(run), [4, 2]);
    await sleep(1000);
    run.offer(40, 43);
    await run.untilEnded(43);
    assert.deepEqual(planOf(run), [4, 3]);
    assert.equal(run.dispatcher.status()[0]?.failovers, 0);
  });

  it('has one less after a 421 in the middle of a conversation', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 3 } });
    const busy = { at: 'DATA', do: 'REPLY', code: 421, text: '4.7.0 too busy' } as const;
    run.sink('a').setBehaviour(({ count }) => (count === 1 ? busy : undefined));
    run.offer(0, 20);
    await run.untilEnded(20);
    assert.deepEqual(planOf(run), [3, 2]);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 20 });
  });

  it('is small for a server that cannot be connected to', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 5 } });
    await run.sink('a').stop();
    run.offer(0, 60);
    await run.untilEnded(60);
    assert.deepEqual(planOf(run), [5, 1]);
  });
});

const planOf = ({ dispatcher }: Awaited<ReturnType<typeof setUp>>): [number, number] => {
  const [{ connectionShare, connectionPlan } = { connectionShare: -1, connectionPlan: -1 }] = dispatcher.status();
  return [connectionShare, connectionPlan];
};

describe('when much fails', () => {
  it('a message that may not move on any more is deferred, and nothing is lost', async () => {
    const harness = createHarness({ settings: { breaker: { ...breakerLimits, failures: 1000 } } });
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 4 }, b: { connections: 4 } }, harness);
    for (const id of ['a', 'b'])
      run.sink(id).setBehaviour(({ to }) => (/^r\d*[13579]@/.test(to) ? { at: 'DATA', do: 'RESET' } : undefined));
    run.offer(0, 600);
    await run.untilEnded(600);
    const reports = [...run.keeper.finished.values()].flat();
    const deferred = reports.filter(({ reason }) => reason === 'RETRY_BUDGET');
    assert.ok(deferred.length > 20, `${deferred.length} deferred`);
    assert.ok(deferred.every(({ outcome, hops, serverId }) => outcome === 'DEFERRED' && hops.length > 0 && !serverId));
    const moved = run.dispatcher.status().reduce((sum, { failovers }) => sum + failovers, 0);
    assert.ok(moved <= 100 + 0.2 * 1200, `${moved} moved on`);
    assert.equal(run.keeper.finished.size + run.keeper.givenBack.size, 600);
  });

  it('a server that a peer has found broken is left at the first failure', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { connections: 1 } });
    run.offer(0, 20);
    await run.untilEnded(20);
    run.dispatcher.settings.warn('a');
    assert.equal(run.dispatcher.status()[0]?.breaker, 'CLOSED');
    run.sink('a').setBehaviour(() => ({ at: 'DATA', do: 'RESET' }));
    run.offer(20, 60);
    await run.untilEnded(60);
    const [a] = run.dispatcher.status();
    assert.deepEqual([a?.breaker, a?.failovers], ['OPEN', 1]);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 60 });
  });
});
