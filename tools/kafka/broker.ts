/** A real Kafka broker without containers: one KRaft node as a child process on 127.0.0.1; several of them make a cluster. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, sleep } from '@sendpool/kernel';
import { freePort, isOpen } from '../../apps/standalone/src/ports.ts';
import { findJars } from './jars.ts';
import { brokerSettings, copiesOn, type KafkaNode } from './settings.ts';

export type BrokerOptions = {
  /** Folder of its data and its log; a second start there finds the topics again. Default: a new one that stop() removes. */
  directory?: string;
  /** Default: a free one. The same port must be given for clients that are to find a restarted broker again. */
  port?: number;
  /** Further lines of server.properties. */
  settings?: Readonly<Record<string, string>>;
  /** Default: alone. */
  node?: Pick<KafkaNode, 'id' | 'controllers'>;
  /** Log-ins by SCRAM-SHA-512, name -> password, written when the folder is made. */
  users?: Readonly<Record<string, string>>;
};

export type Broker = {
  /** `127.0.0.1:port` */
  bootstrap: string;
  /** EVENT_LOG_URL for this broker, with as many copies as its cluster can keep. */
  url: string;
  port: number;
  directory: string;
  pid: number;
  /** Resolves with a reason when the process has ended, however. */
  ended: Promise<string>;
  /** Clean shutdown (SIGTERM); SIGKILL after 20 s. Removes a folder that it made itself. */
  stop(): Promise<void>;
};

type Place = { directory: string; data: string; properties: string; log: string; pidFile: string };

const startDeadlineMs = 60_000;
const stopDeadlineMs = 20_000;

const loggers = fileURLToPath(new URL('log4j2.properties', import.meta.url));
/** Any 16 bytes in base64url; all folders carry the same one. */
const clusterId = 'U2VuZHBvb2wtS2Fma2EtMQ';

const placeOf = (directory: string): Place => ({
  directory,
  data: join(directory, 'data'),
  properties: join(directory, 'server.properties'),
  log: join(directory, 'broker.log'),
  pidFile: join(directory, 'broker.pid'),
});

const javaArgs = (jars: string, heap: string): string[] => [
  `-Xmx${heap}`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Djava.awt.headless=true',
  `-Dlog4j2.configurationFile=${loggers}`,
  '-cp',
  `${jars}/*`,
];

const failure = (place: Place, what: string): AppError => {
  const log = existsSync(place.log) ? readFileSync(place.log, 'utf8').trim().slice(-1500) : '';
  return new AppError('UNAVAILABLE', `Apache Kafka did not start in ${place.directory}: ${what}\n${log}`);
};

const format = (jars: string, place: Place, users: Readonly<Record<string, string>>): void => {
  if (existsSync(join(place.data, 'meta.properties'))) return;
  const scram = Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', place.properties, ...scram];
  const { status, stdout, stderr } = spawnSync('java', [...javaArgs(jars, '64m'), ...tool], { encoding: 'utf8' });
  if (status !== 0) throw failure(place, `its folder could not be made: ${(stdout + stderr).slice(-1000)}`);
};

/** With util-linux at hand the broker ends with its parent, even when that is killed. */
const boundToParent = (): string[] =>
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];

const launch = (jars: string, place: Place): ChildProcess => {
  const log = openSync(place.log, 'a');
  const command = [...boundToParent(), 'java', ...javaArgs(jars, '256m'), 'kafka.Kafka', place.properties];
  // Cut off from the terminal: Ctrl-C must not end the broker before its clients.
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  return child;
};

/** A broker that a killed owner left behind in this folder. */
const endSurvivor = async ({ pidFile, properties }: Place): Promise<void> => {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  const command = `/proc/${pid}/cmdline`;
  const isRunning = (): boolean => existsSync(command) && readFileSync(command, 'utf8').includes(properties);
  if (pid === 0 || !isRunning()) return;
  process.kill(pid, 'SIGKILL');
  while (isRunning()) await sleep(50);
};

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });

const untilOpen = async (child: ChildProcess, place: Place, port: number): Promise<void> => {
  const deadline = performance.now() + startDeadlineMs;
  while (!(await isOpen(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw failure(place, 'it ended by itself');
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw failure(place, `port ${port} did not open in time`);
    }
    await sleep(50);
  }
};

const chooseNode = async (place: Place, { node, port }: BrokerOptions): Promise<KafkaNode> => {
  const chosen = port ?? (await freePort());
  if (node !== undefined) return { ...node, port: chosen };
  const former = existsSync(place.properties) ? readFileSync(place.properties, 'utf8') : '';
  const controllerPort = Number(/CONTROLLER:\/\/127\.0\.0\.1:(\d+)/.exec(former)?.[1] ?? (await freePort()));
  return { id: 1, port: chosen, controllers: [controllerPort] };
};

/** Resolves when the broker takes connections. Throws AppError BAD_CONFIGURATION without Java or Maven, UNAVAILABLE with the end of its log. */
export const startBroker = async (options: BrokerOptions = {}): Promise<Broker> => {
  const jars = findJars();
  const directory = resolve(options.directory ?? mkdtempSync(join(tmpdir(), 'sendpool-kafka-')));
  const place = placeOf(directory);
  mkdirSync(directory, { recursive: true });
  await endSurvivor(place);
  const node = await chooseNode(place, options);
  writeFileSync(place.properties, brokerSettings(node, place.data, options.settings ?? {}));
  format(jars, place, options.users ?? {});
  const child = launch(jars, place);
  writeFileSync(place.pidFile, String(child.pid));
  const ended = endOf(child);
  await untilOpen(child, place, node.port);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const mercy = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await ended;
    clearTimeout(mercy);
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };
  const bootstrap = `127.0.0.1:${node.port}`;
  const { replication, minInsync } = copiesOn(node.controllers.length);
  const url = `kafka://${bootstrap}?replication=${replication}&minInsync=${minInsync}`;
  return { bootstrap, url, port: node.port, directory, pid: child.pid!, ended, stop };
};
