/** bench whole: messages per second from start to last outcome on the embedded default, three fast SMTP servers, no faults, and where the time goes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '@sendpool/kernel';
import { percent, table } from '../../apps/standalone/demo/print.ts';
import { demoServers } from '../../apps/standalone/demo/servers.ts';
import { readReceived, startSinks, type RunningSink } from '../../apps/standalone/demo/sinks.ts';
import { serviceNames } from '../../apps/standalone/src/shape.ts';
import { command, endStage, isFinished, processesOf, setStage, waitUntil, type Stage } from '../e2e/stage.ts';
import { cpuOf, cpuOfTree } from './cpu.ts';
import { runReference, type Reference } from './reference.ts';

export type WholeReport = {
  recipients: number;
  accepted: number;
  received: number;
  seconds: number;
  messagesPerSecond: number;
  reference: Reference;
  /** messagesPerSecond divided by the reference; null when that could not run. */
  ratio: number | null;
  /** Microseconds of CPU a message, by process. */
  cpuPerMessage: Record<string, number>;
};

type Meter = Record<string, number>;

const postmasterOf = (stage: Stage): number =>
  Number(readFileSync(join(stage.folder, 'data/postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);

const readMeter = (stage: Stage, sinks: readonly RunningSink[]): Meter => {
  const processes = processesOf(stage);
  const services = serviceNames.map((name) => [name, cpuOf(processes[name]!.pid)] as const);
  const servers = sinks.reduce((sum, sink) => sum + cpuOf(sink.pid()), 0);
  return { ...Object.fromEntries(services), postgres: cpuOfTree(postmasterOf(stage)), 'SMTP servers': servers };
};

const perMessage = (before: Meter, after: Meter, messages: number): Meter =>
  Object.fromEntries(Object.keys(after).map((name) => [name, ((after[name]! - before[name]!) * 1e6) / messages]));

const print = (report: WholeReport): void => {
  const { reference, messagesPerSecond, ratio, cpuPerMessage } = report;
  console.log(
    `\nwhole path: ${messagesPerSecond.toFixed(0)} messages/s (${report.accepted} accepted, ${report.received} received, ${report.seconds.toFixed(1)} s)`,
  );
  if ('skipped' in reference) console.log(`reference: SKIPPED: ${reference.skipped}`);
  else
    console.log(
      `reference: smtp-source -d -s 20 to the same server: ${reference.messagesPerSecond.toFixed(0)} messages/s; ratio ${ratio!.toFixed(2)}`,
    );
  const sum = Object.values(cpuPerMessage).reduce((total, value) => total + value, 0);
  table(
    ['process', 'CPU µs a message', 'share'],
    [...Object.entries(cpuPerMessage), ['sum', sum] as const].map(([name, value]) => [
      name,
      value.toFixed(1),
      percent(value / sum, 0),
    ]),
  );
};

/** Runs the bench in `folder` and prints it. Throws when a message is missing at the servers. */
export const benchWhole = async (folder: string, recipients: number): Promise<WholeReport> => {
  const sinks = await startSinks(folder, demoServers, { fast: true });
  const reference = await runReference(sinks[0]!.port, recipients);
  const targets = sinks.map(({ server, port }) => ({ name: server.name, port, weight: server.weight }));
  const stage = await setStage({ targets, recipients });
  try {
    const before = readMeter(stage, sinks);
    const began = performance.now();
    await command(stage, 'startCampaign');
    const { progress } = await waitUntil(stage, isFinished, { everyMs: 250, timeoutMs: 300_000 });
    const seconds = (performance.now() - began) / 1000;
    const cpuPerMessage = perMessage(before, readMeter(stage, sinks), recipients);
    await sleep(200);
    const received = readReceived(folder).filter(({ to }) => to !== 'b@example.test').length;
    if (received !== recipients) throw new Error(`${received} of ${recipients} messages were received`);
    const messagesPerSecond = recipients / seconds;
    const ratio = 'skipped' in reference ? null : messagesPerSecond / reference.messagesPerSecond;
    const report = {
      recipients,
      accepted: progress.accepted,
      received,
      seconds,
      messagesPerSecond,
      reference,
      ratio,
      cpuPerMessage,
    };
    print(report);
    return report;
  } finally {
    await endStage(stage);
    for (const sink of sinks) await sink.kill();
  }
};
