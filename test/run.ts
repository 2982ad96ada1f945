/** npm test: one throw-away PostgreSQL and one Kafka broker, every project's specs by Nx, then the tests across projects; ends with the line that CI reads. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { startCluster } from '@sendpool/database/cluster';
import { sleep } from '@sendpool/kernel';
import { onSignal, unlessEnding } from '../apps/standalone/demo/on-signal.ts';
import { startBroker, type Broker } from '../tools/kafka/broker.ts';
import { whyNoBroker } from '../tools/kafka/jars.ts';
import type { Summary } from './summary-reporter.ts';

const results = '.results';
const across = ['tools', 'simulation', 'faults', 'e2e'].map((folder) => `test/${folder}/**/*.spec.ts`);

/** A group of its own: a signal reaches everything that it started, and nothing is left that would start more. */
const endGroup = async (child: ChildProcess): Promise<void> => {
  const send = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-child.pid!, signal);
    } catch {
      return false; // nobody is left in it
    }
  };
  send('SIGTERM');
  for (let waited = 0; send(0) && waited < 20_000; waited += 100) await sleep(100);
  send('SIGKILL');
};

const run = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> => {
  const child = spawn(command, args, { stdio: 'inherit', env, detached: true });
  onSignal(() => endGroup(child));
  const code = await new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
  await unlessEnding();
  return code;
};

const acrossArgs = [
  '--test',
  '--test-concurrency=1',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  '--test-reporter=./test/summary-reporter.ts',
  `--test-reporter-destination=${results}/across.json`,
  ...across,
];

/** A broker of our own, the addresses of running ones (KAFKA_BROKERS), or undefined when this machine cannot have one. */
const openKafka = async (): Promise<Broker | string | undefined> => {
  const { KAFKA_BROKERS } = process.env;
  if (KAFKA_BROKERS !== undefined && KAFKA_BROKERS !== '') return KAFKA_BROKERS;
  if (whyNoBroker() !== undefined) return undefined;
  // Old records, and what can be compacted, are looked for several times a second: specs wait for it.
  const often = ['log.retention.check.interval.ms', 'log.initial.task.delay.ms', 'log.cleaner.backoff.ms'];
  return startBroker({ settings: Object.fromEntries(often.map((name) => [name, '200'])) });
};

/** Specs read SENDPOOL_TEST_KAFKA (host:port), or why there is none. */
const kafkaEnv = (broker: Broker | string | undefined): NodeJS.ProcessEnv => {
  if (broker === undefined) return { SENDPOOL_NO_KAFKA: whyNoBroker() };
  return { SENDPOOL_TEST_KAFKA: typeof broker === 'string' ? broker : broker.bootstrap };
};

const usage = `npm test [-- OPTIONS]

Runs every spec on a PostgreSQL and, where it can, a Kafka broker that it starts itself. OPTIONS go to \`nx run-many -t test\`,
as in: npm test -- --projects=@sendpool/sender. A single file: CONTRIBUTING.md.

  KAFKA_BROKERS           host:port of brokers to use instead of an own one
  SENDPOOL_REQUIRE_ALL=1  what would be skipped on this machine counts as failed`;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(usage);
  process.exit(0);
}
const startingCluster = startCluster();
onSignal(async () => (await startingCluster).stop());
const cluster = await startingCluster;
await unlessEnding();
const startingBroker = openKafka();
onSignal(async () => {
  const started = await startingBroker;
  if (typeof started === 'object') await started.stop();
});
const broker = await startingBroker;
await unlessEnding();
// What other commands have left there stays.
for (const own of ['across.json', '@sendpool']) rmSync(`${results}/${own}`, { recursive: true, force: true });
mkdirSync(`${results}/@sendpool`, { recursive: true });
const env = { ...process.env, SENDPOOL_TEST_CLUSTER: cluster.url, ...kafkaEnv(broker) };
const projects = await run('nx', ['run-many', '-t', 'test', '--output-style=static', ...process.argv.slice(2)], env);
const whole = await run('node', acrossArgs, env);
await cluster.stop();
if (typeof broker === 'object') await broker.stop();

const total: Summary = { passed: 0, failed: [], skipped: [] };
const files = [
  `${results}/across.json`,
  ...readdirSync(`${results}/@sendpool`).map((file) => `${results}/@sendpool/${file}`),
];
for (const file of files) {
  const one = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  total.passed += one.passed;
  total.failed.push(...one.failed);
  total.skipped.push(...one.skipped);
}
if (projects + whole !== 0 && total.failed.length === 0) total.failed.push('a task died before it could report');
for (const line of total.skipped) console.log(`SKIPPED ${line}`);
/** A spec says so of data that a clone alone cannot have. */
const isForeign = (line: string): boolean => line.includes(': not part of the project: ');
const leftOut = total.skipped.filter((line) => !isForeign(line));
if (process.env['SENDPOOL_REQUIRE_ALL'] === '1')
  total.failed.push(...leftOut.map((line) => `left out, which it may not be here: ${line}`));
for (const line of total.failed) console.log(`FAILED ${line}`);
console.log(`${total.passed} passed, ${total.failed.length} failed`);
process.exit(total.failed.length === 0 && total.passed > 0 ? 0 : 1);
