/** Embedded PostgreSQL: a durable cluster for the standalone launcher, a throw-away one for tests and development. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError, sleep } from '@sendpool/kernel';
import pg from 'pg';
import { findPrograms, spawnProgram, type Programs } from './cluster-binaries.ts';
import { endSurvivor, giveUpOwnership, takeOwnership } from './cluster-owner.ts';
import { settingsOf } from './cluster-settings.ts';

export type ClusterOptions = {
  /** Folder of the cluster; made when it is missing. Default: a new one among the temporary files. */
  directory?: string;
  /** Default: any free one. */
  port?: number;
  /** Keeps the folder after stop(). Default: true when `directory` is given. */
  persistent?: boolean;
  /** Survives a power cut (fsync on). Default: false. */
  durable?: boolean;
};

export type Cluster = {
  /** Of the database `postgres`, with user and password. */
  url: string;
  port: number;
  directory: string;
  /** The server's own process number. */
  pid: number;
  /** Resolves with a reason when the server has ended, also by stop(). */
  ended: Promise<string>;
  /** Fast shutdown; removes the folder unless it is persistent. */
  stop(): Promise<void>;
};

type Place = { directory: string; data: string; log: string; passwordFile: string };
type Server = { child: ChildProcess; ended: Promise<string>; hasEnded(): boolean };

/** A crash recovery may take this long. */
const startDeadlineMs = 180_000;

const placeOf = (directory: string): Place => ({
  directory,
  data: join(directory, 'data'),
  log: join(directory, 'postgresql.log'),
  passwordFile: join(directory, 'password'),
});

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/**
 * Runs a program with the data folder as its working folder, and names that folder by `/proc/self/cwd`: the way there may lead
 * through folders that the server's user cannot enter (root's home), and so it is never walked.
 */
const launch = (programs: Programs, place: Place, program: string, args: readonly string[]): Server => {
  const data = process.platform === 'linux' ? '/proc/self/cwd' : place.data;
  const input = openSync(place.passwordFile, 'r');
  const log = openSync(place.log, 'a', 0o600);
  const child = spawnProgram(programs, [program, '-D', data, ...args], { cwd: place.data, stdio: [input, log, log] });
  closeSync(input);
  closeSync(log);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
  }).finally(() => {
    over = true;
  });
  return { child, ended, hasEnded: () => over };
};

const failure = (place: Place, what: string): AppError => {
  const log = existsSync(place.log) ? readFileSync(place.log, 'utf8').trim().slice(-1000) : '';
  return new AppError('BAD_CONFIGURATION', `PostgreSQL did not start in ${place.directory}: ${what}\n${log}`);
};

const makeFolders = (programs: Programs, place: Place): void => {
  rmSync(place.data, { recursive: true, force: true });
  mkdirSync(place.data, { mode: 0o700 });
  writeFileSync(place.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const { user } = programs;
  for (const path of user === undefined ? [] : [place.data, place.passwordFile]) chownSync(path, user!.uid, user!.gid);
};

/** A folder counts as a cluster only when initdb came to its end: the password file gets its name last. */
const isInitialised = (place: Place): boolean =>
  existsSync(join(place.data, 'PG_VERSION')) && existsSync(place.passwordFile);

const initialise = async (programs: Programs, place: Place, durable: boolean): Promise<void> => {
  const draft = { ...place, passwordFile: `${place.passwordFile}.draft` };
  makeFolders(programs, draft);
  const fixed = ['--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--pwfile=/dev/stdin'];
  const how = await launch(programs, draft, 'initdb', [...fixed, ...(durable ? [] : ['--no-sync'])]).ended;
  if (how !== 'exit 0') throw failure(place, `initdb: ${how}`);
  renameSync(draft.passwordFile, place.passwordFile);
};

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const untilReady = async (server: Server, place: Place, url: string): Promise<void> => {
  const deadline = Date.now() + startDeadlineMs;
  while (!server.hasEnded()) {
    if (await answers(url)) return;
    if (Date.now() > deadline) break;
    await sleep(30);
  }
  server.child.kill('SIGQUIT');
  throw failure(place, server.hasEnded() ? await server.ended : 'no answer in time');
};

const stopServer = async (server: Server): Promise<void> => {
  if (server.hasEnded()) return;
  server.child.kill('SIGINT');
  const mercy = setTimeout(() => server.child.kill('SIGQUIT'), 20_000);
  await server.ended;
  clearTimeout(mercy);
};

const run = async (place: Place, port: number, durable: boolean): Promise<{ server: Server; url: string }> => {
  const programs = findPrograms();
  await endSurvivor(place.data);
  writeFileSync(place.log, '', { mode: 0o600 });
  if (!isInitialised(place)) await initialise(programs, place, durable);
  const url = `postgres://postgres:${readFileSync(place.passwordFile, 'utf8')}@127.0.0.1:${port}/postgres`;
  const server = launch(programs, place, 'postgres', settingsOf({ port, durable }));
  await untilReady(server, place, url);
  return { server, url };
};

/**
 * Starts PostgreSQL on 127.0.0.1 and resolves when it answers. A folder that a killed process left behind is taken over and recovered.
 * Works as root (the server then runs as `postgres` or `nobody`). Throws AppError BAD_CONFIGURATION with the end of the server's log.
 */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const { durable = false, persistent = options.directory !== undefined } = options;
  const directory = resolve(options.directory ?? mkdtempSync(join(tmpdir(), 'sendpool-postgresql-')));
  const place = placeOf(directory);
  mkdirSync(directory, { recursive: true });
  takeOwnership(directory);
  const clean = (): void =>
    persistent ? giveUpOwnership(directory) : rmSync(directory, { recursive: true, force: true });
  try {
    const port = options.port ?? (await freePort());
    const { server, url } = await run(place, port, durable);
    const stop = (): Promise<void> => stopServer(server).finally(clean);
    return { url, port, directory, pid: server.child.pid!, ended: server.ended, stop };
  } catch (error) {
    clean();
    throw error;
  }
};
