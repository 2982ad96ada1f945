import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { campaignOf } from './harness.fixture.ts';
import { poolRecord } from '@sendpool/testing';
import { configOf, outcomesOf, recipients, recipientsAt, setUp } from './sinks.fixture.ts';

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
    run.dispatcher.settings.pool(poolRecord({ b: 1 }, { revision: 2 }));
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
