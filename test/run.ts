/** npm test: one throw-away PostgreSQL, every project's specs by Nx, then the tests across projects; ends with the line that CI reads. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { startCluster } from '@sendpool/database/cluster';
import type { Summary } from './summary-reporter.ts';

const results = '.results';
const across = ['test/tools/**/*.spec.ts', 'test/simulation/**/*.spec.ts', 'test/e2e/**/*.spec.ts'];

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', env });
    child.once('exit', (code) => resolve(code ?? 1));
  });

const acrossArgs = [
  '--test',
  '--test-concurrency=1',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  '--test-reporter=./test/summary-reporter.ts',
  `--test-reporter-destination=${results}/across.json`,
  ...across,
];

rmSync(results, { recursive: true, force: true });
mkdirSync(`${results}/@sendpool`, { recursive: true });
const cluster = await startCluster();
const env = { ...process.env, SENDPOOL_TEST_CLUSTER: cluster.url };
const projects = await run('nx', ['run-many', '-t', 'test', '--output-style=static', ...process.argv.slice(2)], env);
const whole = await run('node', acrossArgs, env);
await cluster.stop();

const total: Summary = { passed: 0, failed: 0, skipped: [] };
const files = [
  `${results}/across.json`,
  ...readdirSync(`${results}/@sendpool`).map((file) => `${results}/@sendpool/${file}`),
];
for (const file of files) {
  const one = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  total.passed += one.passed;
  total.failed += one.failed;
  total.skipped.push(...one.skipped);
}
if (projects + whole !== 0 && total.failed === 0) total.failed = 1; // a task died before it could report
for (const line of total.skipped) console.log(`SKIPPED ${line}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
