import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerLimits } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { limitsTowards } from '@sendpool/testing';
import { campaignOf, createHarness, messageFor } from './harness.fixture.ts';
import { configOf, outcomesOf, setUp } from './sinks.fixture.ts';

const maxAside = 20;
const perSecond = 20;

type Run = Awaited<ReturnType<typeof setUp>>;

const setUpWith = async (limits: Partial<ServerLimits>): Promise<Run> => {
  const run = await setUp({ a: 1 }, {}, createHarness({ settings: { maxAside } }));
  const providers = [limitsTowards('gmail', { messagesPerSecond: perSecond })];
  run.server({ ...configOf('a', run.sink('a'), 2, { providers, ...limits }), revision: 2 });
  return run;
};

const offerTo = (run: Run, domain: string, from: number, to: number): void => {
  for (let recipient = from; recipient < to; recipient += 1)
    run.dispatcher.offer(messageFor(recipient, { email: `r${recipient}@${domain}` }));
};

const acceptedFor = (run: Run, domain: string): number =>
  run.sink('a').received.filter(({ to }) => to.endsWith(domain)).length;

describe('a limit towards one mailbox provider', () => {
  for (const whenLimited of ['OVERFLOW', 'WAIT'] as const)
    it(`holds up no mail to others, and is used in full (${whenLimited})`, async () => {
      await using run = await setUpWith({ whenLimited });
      const began = performance.now();
      offerTo(run, 'gmail.com', 0, 10);
      offerTo(run, 'example.org', 10, 310);
      offerTo(run, 'gmail.com', 310, 320);
      await run.untilEnded(302);
      const took = performance.now() - began;
      assert.equal(acceptedFor(run, 'example.org'), 300);
      assert.ok(acceptedFor(run, 'gmail.com') <= 2 + (took * perSecond) / 1000, `${took} ms`);
      await run.untilEnded(320);
      const whole = performance.now() - began;
      assert.deepEqual(outcomesOf(run), { ACCEPTED: 320 });
      assert.ok(whole > 900 && whole < 1900, `20 messages took ${whole} ms`);
    });

  it('sends away what is too much to wait here, each to come again when the limit is likely to let it go', async () => {
    await using run = await setUpWith({});
    offerTo(run, 'gmail.com', 0, 100);
    await sleep(100);
    const away = [...run.keeper.givenBack.values()].flat();
    assert.ok(away.length >= 75 && away.length <= 80, `${away.length} were sent away`);
    assert.deepEqual(new Set(away.map(({ reason }) => reason)), new Set(['LIMITED:gmail messagesPerSecond']));
    const delays = away.map(({ retryAfterMs }) => retryAfterMs!);
    assert.deepEqual(
      delays,
      delays.toSorted((one, other) => one - other),
    );
    assert.ok(delays[0]! >= maxAside * 40, `the first comes again after ${delays[0]} ms`);
    const last = delays.at(-1)!;
    assert.ok(last > 3000 && last < 6000, `the last comes again after ${last} ms`);
    await run.untilEnded(100);
  });

  it('leaves nothing behind of a campaign that is paused', async () => {
    await using run = await setUpWith({});
    offerTo(run, 'gmail.com', 0, 15);
    await run.untilEnded(1);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'PAUSED' }));
    await run.untilEnded(15, 200);
    assert.deepEqual(
      new Set([...run.keeper.givenBack.values()].flat().map(({ reason }) => reason)),
      new Set(['PAUSED']),
    );
  });
});
