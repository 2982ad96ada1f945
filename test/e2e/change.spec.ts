/** Campaigns that are changed while they send, second processes beside the first, and a database that crashes: real processes, real SMTP. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { defaultLanes, laneLimits } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { startSink, type ReceivedMail, type Sink } from '@sendpool/testing';
import { checkPromises } from './promises.ts';
import { command, endStage, hasSent, isFinished, setStage, waitUntil, type Look, type Stage } from './stage.ts';

const recipients = 3_000;
const env = { RETRY_DELAYS_SECONDS: '1,2,4', AFTER_DOT_TIMEOUT_SECONDS: '5', UNKNOWN_MARGIN_SECONDS: '2' };

/** Longer than any test. */
const forGood = 3_600_000;

const isSettled = ({ progress }: Look): boolean => progress.inFlight + progress.pending === 0;

describe('a campaign in trouble', () => {
  let sinks: Sink[];
  let stage: Stage;

  before(async () => {
    sinks = [await startSink({ delayMs: 15, keepData: true }), await startSink({ delayMs: 15, keepData: true })];
  });
  after(() => Promise.all(sinks.map((sink) => sink.stop())));
  afterEach(() => endStage(stage));

  const set = async (): Promise<void> => {
    for (const { received } of sinks) received.length = 0;
    const targets = sinks.map(({ port }, index) => ({ name: `server-${index}`, port, weight: 1 + index }));
    stage = await setStage({ targets, recipients, env });
  };
  const mailsAfter = (at: number): ReceivedMail[] =>
    sinks.flatMap(({ received }) => received.filter((mail) => mail.at > at));

  it('two senders and two schedulers share it; one of each is killed, and the others take over', async () => {
    await set();
    const { processes } = stage.system;
    const sender = await processes.add('sender');
    const scheduler = await processes.add('scheduler');
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.2));
    processes.kill(sender, { awayMs: forGood });
    processes.kill('scheduler');
    await waitUntil(stage, hasSent(0.5));
    processes.kill(scheduler, { awayMs: forGood });
    const end = await waitUntil(stage, isFinished);
    await checkPromises(stage, sinks, end);
    assert.ok(end.progress.unknown <= laneLimits.started * defaultLanes, `${end.progress.unknown} unknown`);
  });

  it('PostgreSQL crashes twice: it goes on by itself, nothing unknown', async () => {
    await set();
    await command(stage, 'startCampaign');
    for (const share of [0.2, 0.5]) {
      await waitUntil(stage, hasSent(share));
      stage.system.processes.kill('postgres', { signal: 'SIGQUIT' });
      await sleep(1500);
    }
    const end = await waitUntil(stage, isFinished);
    await checkPromises(stage, sinks, end);
    assert.equal(end.progress.unknown, 0);
  });

  it('paused, edited and resumed, many times over: still within a second, and only the new content afterwards', async () => {
    await set();
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.3));
    await command(stage, 'pauseCampaign');
    const pausedAt = Date.now();
    await waitUntil(stage, ({ progress }) => progress.inFlight === 0, { timeoutMs: 10_000 });
    await sleep(1000);
    assert.deepEqual(mailsAfter(pausedAt + 1000), []);
    await stage.api.run(
      'mutation ($input: UpdateCampaignInput!) { updateCampaign(input: $input) { ... on Refused { errors { message path } } } }',
      { input: { id: stage.campaignId, text: 'EDITED' } },
    );
    for (let times = 0; times < 4; times++) {
      await command(stage, 'resumeCampaign');
      if (times < 3) await command(stage, 'pauseCampaign');
    }
    await checkPromises(stage, sinks, await waitUntil(stage, isFinished));
    const old = mailsAfter(pausedAt + 1000).filter(({ data }) => !data!.includes('EDITED'));
    assert.equal(old.length, 0);
  });

  it('its pool is deleted: still within a second, waiting for a server, and every recipient is settled by a cancel', async () => {
    await set();
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.3));
    await stage.api.run(
      'mutation ($id: ID!) { deletePool(input: { id: $id }) { ... on PoolPayload { pool { deletedAt } } } }',
      { id: stage.poolId },
    );
    const deletedAt = Date.now();
    await waitUntil(stage, ({ progress }) => progress.waitingFor === 'waiting for a server', { timeoutMs: 60_000 });
    await sleep(1000);
    assert.deepEqual(mailsAfter(deletedAt + 1000), []);
    await command(stage, 'cancelCampaign');
    await checkPromises(stage, sinks, await waitUntil(stage, isSettled, { timeoutMs: 10_000 }));
  });

  it('cancelled: no mail after a second, and every recipient is settled', async () => {
    await set();
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.3));
    await command(stage, 'cancelCampaign');
    const cancelledAt = Date.now();
    const end = await waitUntil(stage, isSettled, { timeoutMs: 10_000 });
    await sleep(1000);
    assert.equal(end.status, 'CANCELLED');
    assert.deepEqual(mailsAfter(cancelledAt + 1000), []);
    await checkPromises(stage, sinks, end);
    assert.ok(end.progress.cancelled > recipients / 4);
  });
});
