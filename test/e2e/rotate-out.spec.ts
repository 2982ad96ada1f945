/** Servers that bounce too much are rotated out while a campaign runs; a list that bounces everywhere pauses it instead. */
import assert from 'node:assert/strict';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { shareOf, startSink, type Behaviour, type Sink } from '@sendpool/testing';
import { singleShape } from '../../apps/standalone/src/shape.ts';
import { lookAtCampaign, lookAtPool } from './engine-scene.ts';
import { command, endStage, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const recipients = 6000;
const names = ['good', 'better', 'bad'];

/** Refuses this share of the recipients for good. */
const bouncing =
  (share: number): Behaviour =>
  ({ stage, to }) =>
    stage === 'RCPT' && shareOf(to) < share
      ? { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' }
      : undefined;

type Scene = { stage: Stage; sinks: Map<string, Sink>; mailAt: Map<string, number[]> };

const open: (() => Promise<void>)[] = [];

const setScene = async (shares: Record<string, number>): Promise<Scene> => {
  const sinks = new Map<string, Sink>();
  const mailAt = new Map<string, number[]>();
  for (const name of names) {
    const times: number[] = [];
    const refuse = bouncing(shares[name] ?? 0);
    const behave: Behaviour = (situation) => {
      if (situation.stage === 'MAIL') times.push(Date.now());
      return refuse(situation);
    };
    sinks.set(name, await startSink({ behave, keepReceived: false, delayMs: 5 }));
    mailAt.set(name, times);
  }
  const targets = names.map((name) => ({ name, port: sinks.get(name)!.port, weight: 1, messagesPerSecond: 120 }));
  const stage = await setStage({
    targets,
    recipients,
    shape: { ...singleShape, replicas: { ...singleShape.replicas, sender: 2 } },
  });
  open.push(async () => {
    await endStage(stage);
    for (const sink of sinks.values()) await sink.stop();
  });
  return { stage, sinks, mailAt };
};

/** When the pool first says that the member is out. */
const untilOut = async (stage: Stage, name: string): Promise<number> => {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const { members } = await lookAtPool(stage);
    if (members.find(({ server }) => server.name === name)?.rotation.state === 'OUT') return Date.now();
  }
  throw new Error(`${name} is not rotated out: ${JSON.stringify(await lookAtPool(stage))}`);
};

describe('rotate-out', () => {
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  it('takes the server that bounces out of the pool: nothing goes there a second later, the others do the rest', async (t: TestContext) => {
    const { stage, mailAt } = await setScene({ bad: 0.15 });
    await command(stage, 'startCampaign');
    const outAt = await untilOut(stage, 'bad');
    const { members, verdicts } = await lookAtPool(stage);
    const verdict = verdicts.find(({ kind }) => kind === 'EJECT');
    t.diagnostic(`${verdict?.words}`);
    assert.equal(verdict?.server?.name, 'bad');
    assert.equal(verdict.applied, true);
    assert.match(verdict.words, /%/);
    assert.deepEqual(
      members.map(({ server, share, rotation }) => [server.name, share, rotation.state]),
      [
        ['good', 0.5, 'IN'],
        ['better', 0.5, 'IN'],
        ['bad', 0, 'OUT'],
      ],
    );
    await waitUntil(stage, isFinished);
    const late = mailAt.get('bad')!.filter((at) => at > outAt + 1000);
    t.diagnostic(
      `${mailAt.get('bad')!.length} messages went to the bad server, the last ${Math.max(...mailAt.get('bad')!) - outAt} ms after the verdict was in force`,
    );
    assert.deepEqual(late, []);
    assert.deepEqual(
      verdicts.filter(({ kind }) => kind === 'BAD_LIST'),
      [],
    );
  });

  it('pauses the campaign when its list bounces everywhere, says why, and keeps the servers', async (t: TestContext) => {
    const { stage } = await setScene({ good: 0.15, better: 0.15, bad: 0.15 });
    await command(stage, 'startCampaign');
    await waitUntil(stage, ({ status }) => status === 'PAUSED', { timeoutMs: 60_000 });
    const { pausedReason } = await lookAtCampaign(stage);
    t.diagnostic(`${pausedReason}`);
    assert.match(pausedReason ?? '', /%/);
    const { members } = await lookAtPool(stage);
    assert.deepEqual(
      members.map(({ rotation }) => rotation.state),
      ['IN', 'IN', 'IN'],
    );
    await command(stage, 'resumeCampaign');
    await sleep(3000);
    // What it has sent since may have been judged already: that is another verdict.
    const { status } = await lookAtCampaign(stage);
    const found = (await lookAtPool(stage)).verdicts.filter(({ kind }) => kind === 'BAD_LIST').length;
    assert.ok(status !== 'PAUSED' || found > 1, 'the same verdict pauses once');
  });
});
