import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alwaysIn } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { campaignOf, messageFor } from './harness.fixture.ts';
import { poolRecord } from '@sendpool/testing';
import { configOf, outcomesOf, setUp } from './sinks.fixture.ts';

describe('two pools on the same servers', () => {
  it('take turns: one that always has more leaves the other its part', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 2 }, b: { delayMs: 2 } });
    run.dispatcher.settings.pool(poolRecord({ a: 1, b: 1 }, { id: 'pool2' }));
    run.dispatcher.settings.campaign(campaignOf({ id: 'second', poolId: 'pool2' }));
    run.offer(0, 400);
    for (let recipient = 1000; recipient < 1040; recipient += 1)
      run.dispatcher.offer(messageFor(recipient, { campaignId: 'second' }));
    await run.untilEnded(150);
    const second = [...run.keeper.finished.keys()].filter((recipient) => recipient >= 1000).length;
    assert.equal(second, 40);
    await run.untilEnded(440);
  });
});

describe('a member that may not send any more', () => {
  it('because it is rotated out: what waited for it goes to the others at once', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 5, connections: 4 }, b: { connections: 4 } });
    run.offer(0, 600);
    await run.untilEnded(100);
    const pool = poolRecord({ a: 1, b: 1 }, { revision: 2 });
    const [a, b] = pool.members;
    run.dispatcher.settings.pool({ ...pool, members: [{ ...a!, rotation: { ...alwaysIn, state: 'OUT' } }, b!] });
    const before = run.sink('a').received.length;
    await run.untilEnded(600);
    assert.ok(run.sink('a').received.length <= before + 4, `${run.sink('a').received.length - before} more`);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 600 });
  });

  it('because the domain was taken from it: what waited for it goes to the others at once', async () => {
    await using run = await setUp({ a: 1, b: 1 }, { a: { delayMs: 5, connections: 4 }, b: { connections: 4 } });
    run.offer(0, 600);
    await run.untilEnded(100);
    run.server({ ...configOf('a', run.sink('a'), 4), revision: 2, fromDomains: ['other.example'] });
    const before = run.sink('a').received.length;
    await run.untilEnded(600);
    assert.ok(run.sink('a').received.length <= before + 4, `${run.sink('a').received.length - before} more`);
  });
});

describe('a server that only asks to go slower', () => {
  it('uses up no try: the message waits for it, and goes back without one when it never takes it', async () => {
    await using run = await setUp({ a: 1 });
    run.sink('a').setBehaviour(() => ({ at: 'MAIL', do: 'REPLY', code: 451, text: '4.7.0 too many messages' }));
    run.offer(0, 1);
    await sleep(2500);
    assert.equal(run.keeper.finished.size, 0);
    run.sink('a').setBehaviour(undefined);
    await run.untilEnded(1, 20_000);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 1 });
  });

  it('rests for as long as it said', async () => {
    await using run = await setUp({ a: 1 });
    const later = {
      at: 'MAIL',
      do: 'REPLY',
      code: 451,
      text: '4.7.0 too many messages, try again in 5 seconds',
    } as const;
    run.sink('a').setBehaviour(({ count }) => (count === 1 ? later : undefined));
    const began = performance.now();
    run.offer(0, 1);
    await run.untilEnded(1, 20_000);
    assert.ok(performance.now() - began > 4500, `${performance.now() - began} ms`);
  });
});
