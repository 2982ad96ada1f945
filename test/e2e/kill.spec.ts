/** Real processes, killed with -9 in the middle of a campaign: nothing lost, nothing doubled under HOLD, at most 32 unknown a lane. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { defaultLanes, laneLimits } from '@sendpool/contracts';
import { startSink, type Sink } from '@sendpool/testing';
import type { ServiceName } from '../../apps/standalone/src/shape.ts';
import { checkPromises } from './promises.ts';
import { command, endStage, hasSent, isFinished, restartSystem, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 3_000;
const env = { RETRY_DELAYS_SECONDS: '1,2,4', AFTER_DOT_TIMEOUT_SECONDS: '5', UNKNOWN_MARGIN_SECONDS: '2' };
const login = { username: 'user', password: 'password' };

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
  const checkEnd = async (): Promise<number> => {
    const end = await waitUntil(stage, isFinished);
    await checkPromises(stage, sinks, end);
    return end.progress.unknown;
  };

  it('the sender, twice: nothing lost, nothing doubled, at most 32 unknown a lane and kill', async () => {
    await begin();
    for (const share of [0.25, 0.55]) {
      await waitUntil(stage, hasSent(share));
      stage.system.processes.kill('sender');
    }
    const unknown = await checkEnd();
    assert.ok(unknown <= 2 * laneLimits.started * defaultLanes, `${unknown} unknown`);
  });

  it('the scheduler, three times: nothing lost, nothing doubled, nothing unknown', async () => {
    await begin();
    for (const share of [0.2, 0.4, 0.6]) {
      await waitUntil(stage, hasSent(share));
      stage.system.processes.kill('scheduler');
    }
    assert.equal(await checkEnd(), 0);
  });

  it('gateway, config and stats, one after the other: nothing unknown and the numbers add up', async () => {
    await begin();
    const victims: ServiceName[] = ['stats', 'gateway', 'config', 'stats'];
    for (const [index, name] of victims.entries()) {
      await waitUntil(stage, hasSent(0.2 * (index + 1)));
      stage.system.processes.kill(name);
    }
    assert.equal(await checkEnd(), 0);
  });

  it('the whole system stopped and started again: it goes on by itself, nothing unknown', async () => {
    await begin();
    await waitUntil(stage, hasSent(0.3));
    const began = performance.now();
    await restartSystem(stage);
    assert.ok(performance.now() - began < 60_000);
    assert.equal(await checkEnd(), 0);
  });
});
