/** Real processes, killed with -9 in the middle of a campaign: nothing lost, nothing doubled under HOLD, at most 32 unknown a lane. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { defaultLanes, laneLimits } from '@sendpool/contracts';
import { startSink, type Sink } from '@sendpool/testing';
import { addressesIn, settledStats } from '../../apps/standalone/demo/report.ts';
import type { ServiceName } from '../../apps/standalone/src/services.ts';
import {
  command,
  endStage,
  hasSent,
  isFinished,
  killService,
  restartSystem,
  setStage,
  waitUntil,
  type Stage,
} from './stage.ts';

const recipients = 3_000;
const env = { RETRY_DELAYS_SECONDS: '1,2,4', AFTER_DOT_TIMEOUT_SECONDS: '5', UNKNOWN_MARGIN_SECONDS: '2' };
const login = { username: 'user', password: 'password' };

const copiesAt = (sinks: readonly Sink[]): Map<string, number> => {
  const copies = new Map<string, number>();
  for (const { received } of sinks) for (const { to } of received) copies.set(to, (copies.get(to) ?? 0) + 1);
  return copies;
};

describe('a campaign whose processes are killed', () => {
  let sinks: Sink[];
  let stage: Stage;

  before(async () => {
    sinks = [
      await startSink({ tls: 'STARTTLS', auth: login, delayMs: 10 }),
      await startSink({ tls: 'STARTTLS', auth: login, delayMs: 10 }),
    ];
  });
  after(() => Promise.all(sinks.map((sink) => sink.stop())));
  afterEach(() => endStage(stage));

  const begin = async (): Promise<void> => {
    for (const { received } of sinks) received.length = 0;
    const targets = sinks.map(({ port, certificate }, index) => ({
      name: `server-${index}`,
      port,
      weight: 2 - index,
      ca: certificate!.ca,
      login,
    }));
    stage = await setStage({ targets, recipients, env });
    await command(stage, 'startCampaign');
  };

  /** Everything that must hold once it is FINISHED; returns the number of unknown recipients. */
  const checkPromises = async (): Promise<number> => {
    const { progress } = await waitUntil(stage, isFinished);
    const copies = copiesAt(sinks);
    const unknown = await addressesIn(stage.api, stage.campaignId, 'UNKNOWN');
    assert.equal(progress.total, recipients);
    assert.equal(progress.accepted + progress.unknown, recipients, JSON.stringify(progress));
    assert.deepEqual(
      [...copies.values()].filter((count) => count > 1),
      [],
      'a recipient got it twice',
    );
    const missing = stage.addresses.filter((address) => !copies.has(address) && !unknown.has(address));
    assert.deepEqual(missing, [], 'a recipient was lost');
    const stats = await settledStats(stage.api, stage.campaignId);
    assert.equal(
      stats.reduce((sum, { accepted }) => sum + Number(accepted), 0),
      progress.accepted,
      'statistics differ',
    );
    return progress.unknown;
  };

  it('the sender, twice: nothing lost, nothing doubled, at most 32 unknown a lane and kill', async () => {
    await begin();
    for (const share of [0.25, 0.55]) {
      await waitUntil(stage, hasSent(share));
      killService(stage, 'sender');
    }
    const unknown = await checkPromises();
    assert.ok(unknown <= 2 * laneLimits.started * defaultLanes, `${unknown} unknown`);
  });

  it('the scheduler, three times: nothing lost, nothing doubled, nothing unknown', async () => {
    await begin();
    for (const share of [0.2, 0.4, 0.6]) {
      await waitUntil(stage, hasSent(share));
      killService(stage, 'scheduler');
    }
    assert.equal(await checkPromises(), 0);
  });

  it('gateway, config and stats, one after the other: nothing unknown and the numbers add up', async () => {
    await begin();
    const victims: ServiceName[] = ['stats', 'gateway', 'config', 'stats'];
    for (const [index, name] of victims.entries()) {
      await waitUntil(stage, hasSent(0.2 * (index + 1)));
      killService(stage, name);
    }
    assert.equal(await checkPromises(), 0);
  });

  it('the whole system stopped and started again: it goes on by itself, nothing unknown', async () => {
    await begin();
    await waitUntil(stage, hasSent(0.3));
    const began = performance.now();
    await restartSystem(stage);
    assert.ok(performance.now() - began < 60_000);
    assert.equal(await checkPromises(), 0);
  });
});
