/**
 * The sink as a process: `npm run sink -- '<SinkConfig as JSON>'`. Prints `{"port":…,"ca":…}` when ready.
 * A line `{"rules":[…]}` on stdin replaces the rules and is answered by `{"rules":<count>}`. SIGTERM ends it with status 0.
 */
import { createInterface } from 'node:readline';
import { seededRandom } from '@sendpool/kernel';
import { openMailLog } from './mail-log.ts';
import { behaviourOf, type SinkRule } from './rules.ts';
import { startSink } from './sink.ts';
import type { SinkConfig } from './sink-process.ts';

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const config = JSON.parse(process.argv[2] ?? '{}') as SinkConfig;
const { file, rules = [], seed, ...options } = config;
const random = seed === undefined ? Math.random : seededRandom(seed);
const log = file === undefined ? null : openMailLog(file);
const failWith = (error: NodeJS.ErrnoException): never => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`port ${options.port} is taken: end the sink that has it, or give another port`);
  process.exit(1);
};

const sink = await startSink({
  ...options,
  keepReceived: false,
  ...(rules.length === 0 ? {} : { behave: behaviourOf(rules, random) }),
  ...(log === null ? {} : { onMail: (mail) => log.append(mail), onCut: (mail) => void log.append(mail) }),
}).catch(failWith);

createInterface({ input: process.stdin }).on('line', (line) => {
  const wanted = (JSON.parse(line) as { rules: SinkRule[] }).rules;
  sink.setBehaviour(wanted.length === 0 ? undefined : behaviourOf(wanted, random));
  say({ rules: wanted.length });
});

process.once('SIGTERM', () => {
  void sink.stop().then(() => {
    log?.close();
    process.exit(0);
  });
});

say({ port: sink.port, ca: sink.certificate?.ca ?? null });
