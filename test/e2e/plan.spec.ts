/** What a pool says before the start, and what then happens. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSink, type Sink } from '@sendpool/testing';
import { planOf } from './engine-scene.ts';
import { command, endStage, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 1800;
/** A third of the weight is slow: what it cannot take goes to the others by their weights. */
const servers = [
  { name: 'fast', weight: 2, messagesPerSecond: 60 },
  { name: 'middle', weight: 2, messagesPerSecond: 30 },
  { name: 'slow', weight: 2, messagesPerSecond: 15 },
];
const closeEnough = 0.1;

const isClose = (seen: number, planned: number): boolean => Math.abs(seen - planned) <= closeEnough * planned;

describe('the plan of a pool', () => {
  let sinks: Sink[];
  let stage: Stage;

  before(async () => {
    sinks = await Promise.all(servers.map(() => startSink()));
    const targets = servers.map((server, index) => ({ ...server, port: sinks[index]!.port }));
    stage = await setStage({ targets, recipients });
  });

  after(async () => {
    await endStage(stage);
    for (const sink of sinks) await sink.stop();
  });

  it('says within a tenth which server sends how much, and how long it takes', async (t) => {
    const plan = await planOf(stage, recipients);
    t.diagnostic(
      `planned: ${plan.durationSeconds?.toFixed(1)} s, ${plan.servers.map(({ server, messages }) => `${server.name} ${messages}`).join(', ')}`,
    );
    assert.deepEqual(new Set(plan.limits.map(({ limit }) => limit)), new Set(['MESSAGES_PER_SECOND']));
    await command(stage, 'startCampaign');
    await waitUntil(stage, isFinished);
    const times = sinks.flatMap(({ received }) => received.map(({ at }) => at));
    const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
    t.diagnostic(
      `seen: ${seconds.toFixed(1)} s, ${sinks.map(({ received }, index) => `${servers[index]!.name} ${received.length}`).join(', ')}`,
    );
    for (const [index, { received }] of sinks.entries())
      assert.ok(isClose(received.length, plan.servers[index]!.messages), `${servers[index]!.name}: ${received.length}`);
    assert.ok(isClose(seconds, plan.durationSeconds!), `${seconds} s`);
  });
});
