/** The jars of the broker: taken once by Maven, by the exact versions of pom.xml, into a folder that later starts find again. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '@sendpool/kernel';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

const leastJava = 17;

const output = (program: string, args: readonly string[]): string | undefined => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout + stderr : undefined;
};

const javaVersion = (): number => Number(/version "(\d+)/.exec(output('java', ['-version']) ?? '')?.[1] ?? 0);

const versionIn = (text: string): string => {
  const version = /<kafka\.version>([\d.]+)<\/kafka\.version>/.exec(text)?.[1];
  if (version === undefined) throw new AppError('INTERNAL', `${pom} names no version of Kafka`);
  return version;
};

const folderOf = (version: string): string => `${cache}kafka-${version}`;

/** Why a broker cannot be started on this machine, and what to do; undefined when it can. */
export const whyNoBroker = (): string | undefined => {
  if (javaVersion() < leastJava) return `Apache Kafka needs Java ${leastJava} or newer on the PATH`;
  const hasJars = existsSync(folderOf(versionIn(readFileSync(pom, 'utf8'))));
  if (!hasJars && output('mvn', ['-v']) === undefined)
    return 'the jars of Apache Kafka are fetched by Maven: put `mvn` on the PATH';
  return undefined;
};

/** Several processes may come here at once: each fetches into a folder of its own, and the first one to end gives it its name. */
const fetchJars = (folder: string): void => {
  const draft = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${draft}`];
  const { status, stdout, stderr } = spawnSync('mvn', ['-q', '-B', '-ntp', '-f', pom, ...goal], { encoding: 'utf8' });
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new AppError(
      'UNAVAILABLE',
      `the jars of Apache Kafka could not be fetched:\n${(stdout + stderr).slice(-2000)}`,
    );
  }
  if (existsSync(folder)) rmSync(draft, { recursive: true, force: true });
  else renameSync(draft, folder);
};

/** The folder with the jars; fetches them when it is missing (once, about ten seconds). Throws AppError BAD_CONFIGURATION or UNAVAILABLE. */
export const findJars = (): string => {
  const reason = whyNoBroker();
  if (reason !== undefined)
    throw new AppError('BAD_CONFIGURATION', `${reason}; or name running brokers in KAFKA_BROKERS`);
  const folder = folderOf(versionIn(readFileSync(pom, 'utf8')));
  if (!existsSync(folder)) fetchJars(folder);
  return folder;
};
