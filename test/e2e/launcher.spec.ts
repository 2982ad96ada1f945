/** Several processes of a service, added, removed, killed and stopped by name, and a gateway that misses none of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { singleShape, type Shape } from '../../apps/standalone/src/shape.ts';
import { endStage, processesOf, setStage, type Stage } from './stage.ts';

const shape: Shape = { ...singleShape, replicas: { ...singleShape.replicas, scheduler: 2, sender: 2 } };
const forGood = 3_600_000;

const isReady = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(500) }).then(
    ({ ok }) => ok,
    () => false,
  );

const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (let tries = 0; !(await holds()); tries++, await sleep(50)) assert.ok(tries < 400, 'it did not come to that');
};

describe('a system with several processes of a service', () => {
  let sink: Sink;
  let stage: Stage;

  before(async () => {
    sink = await startSink();
    stage = await setStage({ targets: [{ name: 'server', port: sink.port, weight: 1 }], recipients: 10, shape });
  });
  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  const names = (): string[] => Object.keys(processesOf(stage)).toSorted();

  it('names them one by one', () => {
    const services = ['config', 'gateway', 'scheduler-1', 'scheduler-2', 'sender-1', 'sender-2', 'stats'];
    assert.deepEqual(names(), ['postgres', ...services, 'standalone'].toSorted());
  });

  it('starts a killed one again at the same port, and only after its time away', async () => {
    const before = processesOf(stage)['sender-2']!;
    stage.system.processes.kill('sender-2', { awayMs: 2_000 });
    await until(() => !names().includes('sender-2'));
    await sleep(1_000);
    assert.ok(!names().includes('sender-2'));
    await until(() => names().includes('sender-2'));
    const again = processesOf(stage)['sender-2']!;
    assert.deepEqual([again.port, again.pid === before.pid], [before.port, false]);
  });

  it('adds one that is ready, and removes it without starting it again', async () => {
    const { processes } = stage.system;
    const name = await processes.add('sender');
    assert.equal(name, 'sender-3');
    assert.ok(await isReady(processesOf(stage)[name]!.port));
    await processes.remove(name);
    await sleep(500);
    assert.ok(!names().includes(name));
    assert.throws(() => processes.kill(name), /no process sender-3/);
  });

  it('has one stand still and go on', async () => {
    const { port, pid } = processesOf(stage)['sender-1']!;
    stage.system.processes.pause('sender-1');
    assert.equal(await isReady(port), false);
    stage.system.processes.resume('sender-1');
    await until(() => isReady(port));
    assert.equal(processesOf(stage)['sender-1']!.pid, pid);
  });

  it('answers every request while one of two schedulers is gone', async () => {
    const ask = (): Promise<{ campaign: object | null }> =>
      stage.api.run('query ($id: ID!) { campaign(id: $id) { id } }', { id: stage.campaignId });
    stage.system.processes.kill('scheduler-1', { awayMs: forGood });
    await until(() => !names().includes('scheduler-1'));
    for (let times = 0; times < 20; times++) assert.notEqual((await ask()).campaign, null);
    const { createAudience } = await stage.api.run<{ createAudience: { audience: { id: string } } }>(
      'mutation ($input: CreateAudienceInput!) { createAudience(input: $input) { ... on AudiencePayload { audience { id } } ... on Refused { errors { message path } } } }',
      { input: { name: 'another' } },
    );
    const { imported } = await stage.api.uploadContacts(createAudience.audience.id, 'email\na@example.com\n');
    assert.equal(imported, 1);
  });
});
