/** bench whole: messages per second from start to last outcome, three fast SMTP servers, no faults, and where the time goes. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '@sendpool/kernel';
import { onSignal } from '../../apps/standalone/demo/on-signal.ts';
import { demoServers } from '../../apps/standalone/demo/servers.ts';
import { readReceived, startSinks, type RunningSink } from '../../apps/standalone/demo/sinks.ts';
import type { Shape } from '../../apps/standalone/src/shape.ts';
import { command, endStage, isFinished, setStage, waitUntil, type Stage } from '../e2e/stage.ts';
import { costBetween, readMeter, type Cost } from './meter.ts';
import { referenceRecipient, runReference, type Reference } from './reference.ts';

export type WholeReport = {
  shape: Shape;
  recipients: number;
  accepted: number;
  received: number;
  seconds: number;
  messagesPerSecond: number;
  reference: Reference;
  /** messagesPerSecond divided by the reference; null when that could not run. */
  ratio: number | null;
  cost: Cost;
};

type Run = Pick<WholeReport, 'accepted' | 'seconds' | 'cost'>;

const runCampaign = async (stage: Stage, sinks: readonly RunningSink[]): Promise<Run> => {
  const before = readMeter(stage, sinks);
  const began = performance.now();
  await command(stage, 'startCampaign');
  const { progress } = await waitUntil(stage, isFinished, { everyMs: 250, timeoutMs: 300_000 });
  const seconds = (performance.now() - began) / 1000;
  const cost = costBetween(before, readMeter(stage, sinks), progress.total);
  return { accepted: progress.accepted, seconds, cost };
};

const countReceived = async (folder: string, expected: number): Promise<number> => {
  await sleep(200); // the servers write their last lines
  const received = readReceived(folder).filter(({ to }) => to !== referenceRecipient).length;
  if (received !== expected) throw new Error(`${received} of ${expected} messages were received`);
  return received;
};

/** The system in `shape` and the reference, one after the other, to the same servers. Throws when a message is missing at the servers. */
export const measureWhole = async (folder: string, shape: Shape, recipients: number): Promise<WholeReport> => {
  const mails = join(folder, `mails-${shape.replicas.sender}`);
  mkdirSync(mails);
  const startingSinks = startSinks(mails, demoServers, { fast: true });
  onSignal(async () => {
    for (const sink of await startingSinks) await sink.kill();
  });
  const sinks = await startingSinks;
  try {
    const reference = await runReference(sinks[0]!.port, recipients);
    const targets = sinks.map(({ server, port }) => ({ name: server.name, port, weight: server.weight }));
    const stage = await setStage({ targets, recipients, shape });
    try {
      const run = await runCampaign(stage, sinks);
      const received = await countReceived(mails, recipients);
      const messagesPerSecond = recipients / run.seconds;
      const ratio = 'skipped' in reference ? null : messagesPerSecond / reference.messagesPerSecond;
      return { shape, recipients, ...run, received, messagesPerSecond, reference, ratio };
    } finally {
      await endStage(stage);
    }
  } finally {
    for (const sink of sinks) await sink.kill();
    rmSync(mails, { recursive: true, force: true });
  }
};
