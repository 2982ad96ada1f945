/** npm test: one throw-away PostgreSQL and one Kafka broker, every project's specs by Nx, then the tests across projects; ends with the line that CI reads. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { startCluster } from '@sendpool/database/cluster';
import { startBroker, type Broker } from '../tools/kafka/broker.ts';
import { whyNoBroker } from '../tools/kafka/jars.ts';
import type { Summary } from './summary-reporter.ts';

const results = '.results';
const across = ['tools', 'simulation', 'faults', 'e2e'].map((folder) => `test/${folder}/**/*.spec.ts`);

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

// What other commands have left there stays.
for (const own of ['across.json', '@sendpool']) rmSync(`${results}/${own}`, { recursive: true, force: true });
mkdirSync(`${results}/@sendpool`, { recursive: true });
const cluster = await startCluster();
const broker = await openKafka();
const env = { ...process.env, SENDPOOL_TEST_CLUSTER: cluster.url, ...kafkaEnv(broker) };
const projects = await run('nx', ['run-many', '-t', 'test', '--output-style=static', ...process.argv.slice(2)], env);
const whole = await run('node', acrossArgs, env);
await cluster.stop();
if (typeof broker === 'object') await broker.stop();

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
if (process.env['SENDPOOL_REQUIRE_ALL'] === '1') total.failed += total.skipped.length; // in CI nothing may be left out
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
