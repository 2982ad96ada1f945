/** npm run faults: strikes every kind of process while campaigns are sent, then checks every promise; exit code 0 only if all were kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@sendpool/kernel';
import { checkWritable } from '@sendpool/service';
import { green, red, step } from '../../apps/standalone/demo/print.ts';
import type { System } from '../../apps/standalone/src/system.ts';
import { readEvidence } from './evidence.ts';
import { readOptions, usage, type Options } from './options.ts';
import { makeReport, printReport } from './report.ts';
import { planOf, runFaults } from './run.ts';
import { printChecks, verify } from './verify.ts';

const parse = (): Options => {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options?.report !== undefined) checkWritable(options.report);
    if (options !== undefined) return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
};

/** Ctrl-C: everything that was started stops with it. */
const stopOnSignal = (system: System): void => {
  const stop = (): void => void system.stop(10_000).then(() => process.exit(130));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
};

const judge = (options: Options, folder: string): boolean => {
  const evidence = readEvidence(folder);
  const checks = verify(evidence);
  const report = makeReport(evidence, checks);
  step('What happened');
  printReport(report);
  step('Verify');
  const isWell = printChecks(checks);
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
  return isWell;
};

const options = parse();
console.log(`SEED=${options.seed} scenario ${options.scenario}, ${options.minutes} minutes, event log ${options.log}`);
const folder = mkdtempSync(join(tmpdir(), 'sendpool-faults-'));
try {
  step(`Strike ${planOf(options).length} times while campaigns are sent`);
  await runFaults(options, folder, stopOnSignal);
  const isWell = judge(options, folder);
  console.log(`\nSEED=${options.seed} ${isWell ? green('Every promise was kept.') : red('A promise was broken.')}`);
  if (isWell && !options.keep) rmSync(folder, { recursive: true, force: true });
  else console.log(`Evidence and logs: ${folder}  (npx node test/faults/verify.ts --run ${folder})`);
  process.exit(isWell ? 0 : 1);
} catch (error) {
  console.error(`\n${red(`The run itself failed: ${messageOf(error)}`)}\nSEED=${options.seed} Logs: ${folder}`);
  process.exit(2);
}
