import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerLimits } from '@sendpool/contracts';
import { seededRandom, sleep } from '@sendpool/kernel';
import { limitsTowards, poolRecord } from '@sendpool/testing';
import { campaignOf, createHarness, messageFor, until } from './harness.fixture.ts';
import { configOf, outcomesOf, setUp } from './sinks.fixture.ts';

const maxAside = 20;
const perSecond = 20;

type Run = Awaited<ReturnType<typeof setUp>>;

const setUpWith = async (limits: Partial<ServerLimits>, options: { random?: () => number } = {}): Promise<Run> => {
  const run = await setUp({ a: 1 }, {}, createHarness({ settings: { maxAside }, ...options }));
  const providers = ['gmail', 'yahoo'].map((provider) => limitsTowards(provider, { messagesPerSecond: perSecond }));
  run.server({ ...configOf('a', run.sink('a'), 2, { providers, ...limits }), revision: 2 });
  return run;
};

const offerTo = (run: Run, domain: string, from: number, to: number): void => {
  for (let recipient = from; recipient < to; recipient += 1)
    run.dispatcher.offer(messageFor(recipient, { email: `r${recipient}@${domain}` }));
};

const givenBack = (run: Run) => [...run.keeper.givenBack.values()].flat();

const acceptedFor = (run: Run, domain: string): number =>
  run.sink('a').received.filter(({ to }) => to.endsWith(domain)).length;

describe('a limit towards one mailbox provider', () => {
  for (const whenLimited of ['OVERFLOW', 'WAIT'] as const)
    for (const messagesPerSecond of [null, 400])
      it(`holds up no mail to others, and is used in full (${whenLimited}, ${messagesPerSecond ?? 'no limit'} in all)`, async () => {
        await using run = await setUpWith({ whenLimited, messagesPerSecond });
        const began = performance.now();
        offerTo(run, 'gmail.com', 0, 10);
        offerTo(run, 'example.org', 10, 210);
        offerTo(run, 'gmail.com', 210, 220);
        await until(() => acceptedFor(run, 'example.org') === 200, 1500);
        const took = performance.now() - began;
        assert.ok(acceptedFor(run, 'gmail.com') <= 2 + (took * perSecond) / 1000, `${took} ms`);
        await run.untilEnded(220);
        const whole = performance.now() - began;
        assert.deepEqual(outcomesOf(run), { ACCEPTED: 220 });
        assert.ok(whole > 900 && whole < 1900, `20 messages took ${whole} ms`);
      });

  it('sends away what is too much to wait here, each to come again when the limit is likely to let it go', async () => {
    await using run = await setUpWith({});
    offerTo(run, 'gmail.com', 0, 100);
    await sleep(100);
    const away = givenBack(run);
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

  it('at one server does not hold up mail that only another may send', async () => {
    await using run = await setUp({ a: 1, b: 1 });
    const providers = [limitsTowards('gmail', { messagesPerMinute: 6 })];
    run.server({ ...configOf('a', run.sink('a'), 2, { providers }), fromDomains: ['example.com'], revision: 2 });
    run.server({ ...configOf('b', run.sink('b')), fromDomains: ['example.net'], revision: 2 });
    const from = { name: 'News', address: 'news@example.net' };
    run.dispatcher.settings.campaign(campaignOf({ id: 'other', from }));
    offerTo(run, 'gmail.com', 0, 5);
    for (let recipient = 5; recipient < 65; recipient += 1)
      run.dispatcher.offer(messageFor(recipient, { campaignId: 'other', email: `r${recipient}@gmail.com` }));
    await until(() => run.sink('b').received.length === 60, 1500);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'PAUSED' }));
    await run.untilEnded(65, 1000);
  });

  it('is shared by two pools of one server, about an equal part each, towards each provider', async () => {
    await using run = await setUpWith({}, { random: seededRandom(7) });
    const providers = ['gmail', 'yahoo'].map((provider) => limitsTowards(provider, { messagesPerSecond: 5 }));
    run.server({ ...configOf('a', run.sink('a'), 4, { providers }), revision: 3 });
    run.dispatcher.settings.pool(poolRecord({ a: 1 }, { id: 'second' }));
    run.dispatcher.settings.campaign(campaignOf({ id: 'other', poolId: 'second' }));
    for (let recipient = 0; recipient < 80; recipient += 1) {
      const domain = recipient % 2 === 0 ? 'gmail.com' : 'yahoo.com';
      run.dispatcher.offer(messageFor(recipient, { email: `r${recipient}@${domain}` }));
      run.dispatcher.offer(messageFor(100 + recipient, { campaignId: 'other', email: `s${recipient}@${domain}` }));
    }
    await until(() => acceptedFor(run, 'gmail.com') >= 16 && acceptedFor(run, 'yahoo.com') >= 16, 5000);
    for (const domain of ['gmail.com', 'yahoo.com']) {
      const got = run.sink('a').received.filter(({ to }) => to.endsWith(domain));
      const first = got.filter(({ to }) => to.startsWith('r')).length / got.length;
      assert.ok(first > 0.2 && first < 0.8, `the first pool had ${first} of those to ${domain}`);
    }
    for (const id of ['campaign', 'other']) {
      const poolId = id === 'other' ? 'second' : 'pool';
      run.dispatcher.settings.campaign(campaignOf({ id, poolId, revision: 2, status: 'PAUSED' }));
    }
    await run.untilEnded(160, 1000);
  });

  it('lets a message that another server failed with choose by itself, and keeps none in doubt for a limit', async () => {
    await using run = await setUp({ a: 1, b: 9 });
    const providers = [limitsTowards('gmail', { messagesPerMinute: 6 })];
    run.server({ ...configOf('a', run.sink('a'), 2, { providers }), revision: 2 });
    let refusals = 1;
    run
      .sink('b')
      .setBehaviour(({ stage }) => (stage === 'MAIL' && refusals-- > 0 ? { at: 'MAIL', do: 'CLOSE' } : undefined));
    offerTo(run, 'gmail.com', 0, 60);
    await run.untilEnded(60, 2000);
    assert.deepEqual(outcomesOf(run), { ACCEPTED: 59, RELEASED: 1 });
  });

  it('leaves nothing behind of a campaign that is paused', async () => {
    await using run = await setUpWith({});
    offerTo(run, 'gmail.com', 0, 15);
    await run.untilEnded(1);
    run.dispatcher.settings.campaign(campaignOf({ revision: 2, status: 'PAUSED' }));
    await run.untilEnded(15, 200);
    offerTo(run, 'gmail.com', 15, 20);
    await run.untilEnded(20, 200);
    assert.deepEqual(new Set(givenBack(run).map(({ reason }) => reason)), new Set(['PAUSED']));
  });
});
