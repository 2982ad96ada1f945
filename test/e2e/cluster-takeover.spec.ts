/** Two schedulers and two stats processes; one of each dies for good in mid-campaign: how soon the other has its lanes, and that both count on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database } from '@sendpool/database';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { clusterOf } from './cluster-scene.ts';
import { checkPromises } from './promises.ts';
import { command, endStage, hasSent, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const limitMs = 15_000;
const forGood = 3_600_000;

type Lane = { readonly lane: number; readonly owner: string; readonly held: boolean };

describe('a cluster whose scheduler dies', () => {
  let sink: Sink;
  let stage: Stage;
  let database: Database;

  before(async () => {
    sink = await startSink({ delayMs: 20 });
    stage = await setStage({
      targets: [{ name: 'server', port: sink.port, weight: 1, maxConnections: 12, messagesPerSecond: 150 }],
      recipients: 5000,
      shape: clusterOf({ scheduler: 2, stats: 2 }),
    });
    const { databaseUrl: url } = stage.system;
    database = await createDatabase({ url, schema: 'scheduler', migrations: [], poolSize: 1, applicationName: 'spec' });
  });

  after(async () => {
    await database.close();
    await endStage(stage);
    await sink.stop();
  });

  const lanes = (): Promise<Lane[]> =>
    database.sql.query<Lane>(
      `select lane, coalesce(owner, '') as owner, lease_until > clock_timestamp() as held from lane order by lane`,
    );

  /** Resolves with the milliseconds until every lane is held by one of so many processes. */
  const untilHeldBy = async (owners: number): Promise<number> => {
    const began = performance.now();
    for (;;) {
      const all = await lanes();
      if (all.every(({ held }) => held) && new Set(all.map(({ owner }) => owner)).size === owners)
        return performance.now() - began;
      assert.ok(performance.now() - began < 2 * limitMs, JSON.stringify(all));
      await sleep(50);
    }
  };

  it('its lanes are published by the other within 15 seconds, and nothing is lost, doubled or unknown', async (t) => {
    await command(stage, 'startCampaign');
    await waitUntil(stage, hasSent(0.05));
    await untilHeldBy(2);
    stage.system.processes.kill('stats-1', { awayMs: forGood });
    stage.system.processes.kill('scheduler-1', { awayMs: forGood });
    const tookMs = await untilHeldBy(1);
    t.diagnostic(`every lane was held again ${Math.round(tookMs)} ms after the kill`);
    assert.ok(tookMs < limitMs);
    const end = await waitUntil(stage, isFinished);
    await checkPromises(stage, [sink], end);
    assert.equal(end.progress.unknown, 0);
  });
});
