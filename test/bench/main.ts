/** npm run bench: figures of this machine, each with a reference measured beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable } from '@sendpool/service';
import { onSignal, unlessEnding } from '../../apps/standalone/demo/on-signal.ts';
import { clusterShape, singleShape, type Shape } from '../../apps/standalone/src/shape.ts';
import { benchApi } from './api.ts';
import { benchFailover } from './failover.ts';
import { benchIdle } from './idle.ts';
import { benchImport } from './import.ts';
import { benchLive } from './live.ts';
import { readOptions, type BenchOptions } from './options.ts';
import { benchPick } from './pick.ts';
import { printCurve, printWhole } from './print-whole.ts';
import { measureWhole, type WholeReport } from './whole.ts';

/** What is written as JSON, and whether its goals were met. */
type Outcome = { report: object; good: boolean };

const shapesOf = ({ cluster, senders }: BenchOptions): Shape[] => {
  const shape = cluster ? clusterShape : singleShape;
  const withSenders = (sender: number): Shape => ({ ...shape, replicas: { ...shape.replicas, sender } });
  return senders.length === 0 ? [shape] : senders.map(withSenders);
};

const runWhole = async (folder: string, options: BenchOptions): Promise<Outcome> => {
  const reports: WholeReport[] = [];
  for (const shape of shapesOf(options)) {
    const report = await measureWhole(folder, shape, options.recipients);
    printWhole(report);
    reports.push(report);
  }
  if (reports.length > 1) printCurve(reports);
  return { report: reports.length === 1 ? reports[0]! : { curve: reports }, good: true };
};

const runIdle = async (folder: string, options: BenchOptions): Promise<Outcome> => {
  const report = await benchIdle(folder, shapesOf(options)[0]!);
  return { report, good: report.above.length === 0 };
};

const runPick = (): Promise<Outcome> => {
  const report = benchPick();
  return Promise.resolve({ report, good: report.costs[0]!.ns <= report.goalNs });
};

const runFailover = async (folder: string, options: BenchOptions): Promise<Outcome> => {
  const report = await benchFailover(folder, shapesOf(options)[0]!, options.recipients);
  return { report, good: report.good };
};

const runImport = async (folder: string, options: BenchOptions): Promise<Outcome> => {
  const report = await benchImport(folder, shapesOf(options)[0]!, options.rows);
  return { report, good: report.good };
};

const runApi = async (folder: string): Promise<Outcome> => {
  const report = await benchApi(folder);
  return { report, good: report.good };
};

const runLive = async (folder: string, options: BenchOptions): Promise<Outcome> => {
  const { subscribers, filters, seconds } = options;
  const report = await benchLive(folder, { shape: shapesOf(options)[0]!, subscribers, filters, seconds });
  return { report, good: report.good };
};

const benches = {
  whole: runWhole,
  idle: runIdle,
  pick: runPick,
  failover: runFailover,
  import: runImport,
  api: runApi,
  live: runLive,
};

const options = readOptions();
const folder = mkdtempSync(join(tmpdir(), 'sendpool-bench-'));
onSignal(() => rmSync(folder, { recursive: true, force: true }));
try {
  if (options.report !== undefined) checkWritable(options.report);
  const { report, good } = await benches[options.bench](folder, options);
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = good ? 0 : 1;
} catch (error) {
  await unlessEnding();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
