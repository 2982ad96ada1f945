/** PostgreSQL put back to a base backup of the middle of a campaign while the event log goes on; and the other way round. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createEventLog } from '@sendpool/event-log';
import { laneLimits, sendRequestsTopic } from '@sendpool/contracts';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { addressesIn } from '../../apps/standalone/demo/report.ts';
import { whyNoBroker } from '../../tools/kafka/jars.ts';
import { checkPromises } from './promises.ts';
import { backUp, openScene, putBack, restoreLanes, startScheduler, type LogKind, type Scene } from './restore-scene.ts';
import { command, hasSent, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

/** As in the scheduler's lane.store. */
const leaseMs = 8_000;
const recipients = 4_000;
const env = { RETRY_DELAYS_SECONDS: '1,2,4', AFTER_DOT_TIMEOUT_SECONDS: '5', UNKNOWN_MARGIN_SECONDS: '2' };
/** Few enough for the campaign not to be published as a whole at once. */
const fewLanes = 2;
const logs: readonly LogKind[] = ['POSTGRES', 'KAFKA'];

const reasonToSkip = (kind: LogKind): string | false => (kind === 'KAFKA' ? (whyNoBroker() ?? false) : false);

const until = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds().catch(() => false)) return;
    await sleep(100);
  }
  assert.fail(what);
};

describe('a restore', () => {
  let sinks: Sink[];
  let scene: Scene;
  let stage: Stage;

  before(async () => {
    sinks = [await startSink({ delayMs: 15 }), await startSink({ delayMs: 15 })];
  });
  after(() => Promise.all(sinks.map((sink) => sink.stop())));
  afterEach(async () => {
    await stage.system.stop(15_000);
    rmSync(stage.folder, { recursive: true, force: true });
    await scene[Symbol.asyncDispose]();
  });

  const begin = async (kind: LogKind): Promise<void> => {
    for (const { received } of sinks) received.length = 0;
    scene = await openScene(join(mkdtempSync(join(tmpdir(), 'sendpool-restore-')), 'scene'), kind);
    const targets = sinks.map(({ port }, index) => ({ name: `server-${index}`, port, weight: 1 }));
    stage = await setStage({ targets, recipients, env: { ...env, LANES: String(fewLanes) }, open: scene.open });
    await command(stage, 'startCampaign');
  };

  const published = async (): Promise<number> => {
    const eventLog = await createEventLog({ url: scene.log.url, applicationName: 'restore spec' });
    const bounds = await eventLog.bounds(sendRequestsTopic.name);
    await eventLog.close();
    return bounds.reduce((sum, { next }) => sum + next, 0);
  };

  /** A scheduler comes up, says what is to be done, and does nothing else; nobody restores under it. */
  const checkRefusal = async (advice: RegExp): Promise<void> => {
    const produced = await published();
    await using scheduler = await startScheduler(scene);
    await until(async () => advice.test(scheduler.said()), 'the scheduler does not say what is wrong');
    await until(async () => !(await scheduler.readiness()).parts['log-check'], 'the scheduler is ready');
    await until(async () => /sendpool_scheduler_lanes_refused\S* [1-9]/.test(await scheduler.metrics()), 'no metric');
    // The backup holds a lease of the former scheduler; this one gets the lanes when that has run out.
    await sleep(leaseMs + 1000);
    const refused = await restoreLanes(scene);
    assert.equal(refused.code, 1, refused.said);
    assert.match(refused.said, /stop every scheduler|--log-lost/);
    assert.equal(await published(), produced);
  };

  const continueToTheEnd = async () => {
    stage.system = await scene.open(stage.folder);
    return waitUntil(stage, isFinished, { timeoutMs: 180_000 });
  };

  for (const kind of logs) {
    it(`of PostgreSQL to a base backup, the log on ${kind} is newer`, { skip: reasonToSkip(kind) }, async () => {
      await begin(kind);
      await waitUntil(stage, hasSent(0.15));
      const backup = await backUp(scene.database);
      await waitUntil(stage, hasSent(0.4));
      // The log learns of two revisions that the backup does not have.
      await command(stage, 'pauseCampaign');
      await command(stage, 'resumeCampaign');
      await waitUntil(stage, hasSent(0.6));
      await stage.system.stop(20_000);
      await scene.database.stop();
      putBack(scene.database, backup);
      await scene.database.start();

      await checkRefusal(/restore-lanes/);
      const restored = await restoreLanes(scene);
      assert.equal(restored.code, 0, restored.said);
      assert.match(restored.said, /campaigns: 1 as the log has them/);
      assert.match(restored.said, /[1-9]\d* recipients taken over/);
      const again = await restoreLanes(scene);
      assert.equal(again.code, 0, again.said);
      assert.doesNotMatch(again.said, /taken over/);

      const end = await continueToTheEnd();
      await checkPromises(stage, sinks, end);
      assert.equal(end.progress.unknown, 0);
    });
  }

  /** Nobody got it twice, whoever did not get it is UNKNOWN, and what was not published is sent. */
  const checkDoubts = async (acceptedBefore: number): Promise<void> => {
    const end = await continueToTheEnd();
    const copies = sinks.flatMap(({ received }) => received.map(({ to }) => to));
    const got = new Set(copies);
    assert.equal(copies.length, got.size, 'a recipient got it twice');
    const unknown = await addressesIn(stage.api, stage.campaignId, 'UNKNOWN');
    const missing = stage.addresses.filter((address) => !got.has(address) && !unknown.has(address));
    assert.deepEqual(missing, [], 'a recipient was lost');
    const { accepted, total } = end.progress;
    assert.equal(accepted + end.progress.unknown, total, JSON.stringify(end.progress));
    assert.ok(end.progress.unknown <= fewLanes * laneLimits.campaignWindow, `${end.progress.unknown} unknown`);
    assert.ok(accepted > acceptedBefore + 100, `${acceptedBefore} accepted before, ${accepted} at the end`);
  };

  const restoreLostLog = async (): Promise<void> => {
    await checkRefusal(/restore-lanes --log-lost/);
    // The backup holds a lease of the former scheduler; this one gets the lanes when that has run out.
    await sleep(leaseMs + 1000);
    const refused = await restoreLanes(scene);
    assert.equal(refused.code, 1, refused.said);
    assert.match(refused.said, /--log-lost/);
    const restored = await restoreLanes(scene, '--log-lost');
    assert.equal(restored.code, 0, restored.said);
    const again = await restoreLanes(scene, '--log-lost');
    assert.equal(again.code, 0, again.said);
  };

  it('of the event log to a base backup, PostgreSQL is newer', async () => {
    await begin('POSTGRES');
    await waitUntil(stage, hasSent(0.1));
    const backup = await backUp(scene.log);
    const { progress } = await waitUntil(stage, hasSent(0.3));
    await stage.system.stop(20_000);
    await scene.log.stop();
    putBack(scene.log, backup);
    await scene.log.start();
    await restoreLostLog();
    await checkDoubts(progress.accepted);
  });

  it('of nothing: the whole log is lost', { skip: reasonToSkip('KAFKA') }, async () => {
    await begin('KAFKA');
    const { progress } = await waitUntil(stage, hasSent(0.3));
    await stage.system.stop(20_000);
    await scene.log.stop();
    rmSync(scene.log.folder, { recursive: true, force: true });
    await scene.log.start();
    const restored = await restoreLanes(scene, '--log-lost');
    assert.equal(restored.code, 0, restored.said);
    await checkDoubts(progress.accepted);
  });
});
