/** A daily quota, with senders that come and go and with stats killed: what the server itself has counted at the end. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { shortDoubt, updateServer } from './engine-scene.ts';
import { clusterOf } from './cluster-scene.ts';
import { command, endStage, isFinished, processesOf, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 4000;
const quota = 700;
/** Each sender may be wrong by what it has under way. */
const burst = 4 * 10;

describe('a daily quota', () => {
  let sinks: Sink[];
  let stage: Stage;

  before(async () => {
    sinks = await Promise.all([startSink({ delayMs: 10 }), startSink({ delayMs: 10 })]);
    const targets = [
      { name: 'limited', port: sinks[0]!.port, weight: 1 },
      { name: 'free', port: sinks[1]!.port, weight: 1, messagesPerSecond: 80 },
    ];
    stage = await setStage({ targets, recipients, shape: clusterOf({ sender: 3 }), env: shortDoubt });
    await updateServer(stage, 'limited', { limits: { messagesPerDay: quota } });
  });

  after(async () => {
    await endStage(stage);
    for (const sink of sinks) await sink.stop();
  });

  it('is kept while a sender and stats are killed and a sender joins; what is beyond it goes to the other server', async (t) => {
    await command(stage, 'startCampaign');
    await waitUntil(stage, ({ progress }) => progress.accepted > 200);
    for (const name of ['sender-1', 'stats']) process.kill(processesOf(stage)[name]!.pid, 'SIGKILL');
    await stage.system.processes.add('sender');
    await waitUntil(stage, isFinished, { timeoutMs: 180_000 });
    await sleep(500);
    const [limited, free] = sinks.map(({ received }) => received.length);
    t.diagnostic(`${limited} of at most ${quota} through the limited server, ${free} through the other`);
    assert.ok(limited! <= quota + burst, `${limited}`);
    // Each sender leaves out what stats may not have counted yet: the last part of a quota goes slowly.
    assert.ok(limited! >= 0.6 * quota, `${limited}`);
  });
});
