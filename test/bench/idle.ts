/** bench idle: what a system costs that has sent a campaign and has nothing to do. */
import { sleep } from '@sendpool/kernel';
import { percent, table } from '../../apps/standalone/demo/print.ts';
import { onSignal } from '../../apps/standalone/demo/on-signal.ts';
import { demoServers } from '../../apps/standalone/demo/servers.ts';
import { startSinks } from '../../apps/standalone/demo/sinks.ts';
import type { Shape } from '../../apps/standalone/src/shape.ts';
import { command, endStage, isFinished, processesOf, setStage, waitUntil, type Stage } from '../e2e/stage.ts';
import { cpuOf, cpuOfTree } from './cpu.ts';

export type IdleReport = {
  seconds: number;
  /** Share of one core, 0 to 1, by process. */
  shares: Record<string, number>;
  /** Node processes above the goal. */
  above: string[];
};

const settleMs = 20_000;
const watchMs = 30_000;
const recipients = 500;
/** Of a core, for each Node process. */
const goal = 0.015;

const notNode = new Set(['postgres', 'kafka']);

const readCpu = (stage: Stage): Record<string, number> =>
  Object.fromEntries(
    Object.entries(processesOf(stage)).map(([name, { pid }]) => [
      name,
      name === 'postgres' ? cpuOfTree(pid) : cpuOf(pid),
    ]),
  );

const watch = async (stage: Stage): Promise<IdleReport> => {
  const before = readCpu(stage);
  const began = performance.now();
  await sleep(watchMs);
  const after = readCpu(stage);
  const seconds = (performance.now() - began) / 1000;
  // The launcher is this process, with the bench in it.
  const names = Object.keys(after).filter((name) => name !== 'standalone');
  const shares = Object.fromEntries(names.map((name) => [name, (after[name]! - before[name]!) / seconds]));
  return { seconds, shares, above: names.filter((name) => !notNode.has(name) && shares[name]! > goal) };
};

const print = ({ seconds, shares, above }: IdleReport): void => {
  console.log(`\nidle for ${seconds.toFixed(0)} s; goal: at most ${percent(goal)} of a core for each Node process`);
  table(
    ['process', 'of a core'],
    Object.entries(shares).map(([name, share]) => [name, percent(share, 2)]),
  );
  console.log(above.length === 0 ? 'The goal is met.' : `Above the goal: ${above.join(', ')}`);
};

/** Sends a small campaign, waits, watches and prints. */
export const benchIdle = async (folder: string, shape: Shape): Promise<IdleReport> => {
  const startingSinks = startSinks(folder, demoServers, { fast: true });
  onSignal(async () => {
    for (const sink of await startingSinks) await sink.kill();
  });
  const sinks = await startingSinks;
  const targets = sinks.map(({ server, port }) => ({ name: server.name, port, weight: server.weight }));
  const stage = await setStage({ targets, recipients, shape });
  try {
    await command(stage, 'startCampaign');
    await waitUntil(stage, isFinished);
    await sleep(settleMs);
    const report = await watch(stage);
    print(report);
    return report;
  } finally {
    await endStage(stage);
    for (const sink of sinks) await sink.kill();
  }
};
