/** A system whose database and event log lie in places of their own, so that one can be put back to an older state without the other. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCluster, type Cluster } from '@sendpool/database/cluster';
import { copyOnline } from '@sendpool/database/testing';
import { freePort } from '../../apps/standalone/src/ports.ts';
import { singleShape } from '../../apps/standalone/src/shape.ts';
import { startSystem, type System } from '../../apps/standalone/src/system.ts';
import { startBroker, type Broker } from '../../tools/kafka/broker.ts';

export type LogKind = 'POSTGRES' | 'KAFKA';

/** A server of the scene, together with where its data lies. */
export type Store = { url: string; folder: string; stop(): Promise<void>; start(): Promise<void> };

const storeOf = async <Server extends Cluster | Broker>(open: (port: number) => Promise<Server>): Promise<Store> => {
  let server = await open(await freePort());
  const { port, url } = server;
  return {
    url,
    folder: server.directory,
    stop: () => server.stop(),
    start: async () => {
      server = await open(port);
    },
  };
};

const openPostgres = (directory: string): Promise<Store> =>
  storeOf((port) => startCluster({ directory, durable: true, persistent: true, port }));

const openLog = (directory: string, kind: LogKind): Promise<Store> =>
  kind === 'POSTGRES' ? openPostgres(directory) : storeOf((port) => startBroker({ directory, port }));

/** Owners and rights are kept: the server runs as a user of its own. */
const copy = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true });
  // A file that goes while it is copied is a fault to cp; what is missing then, the write-ahead log brings back.
  spawnSync('cp', ['-a', from, to]);
};

/** A base backup of a running PostgreSQL, as `pg_basebackup` makes one. Resolves to its folder. */
export const backUp = async ({ url, folder }: Store): Promise<string> => {
  const [data, backup] = [join(folder, 'data'), `${folder}-backup`];
  const label = await copyOnline(url, () => copy(data, backup));
  copy(join(data, 'pg_wal'), join(backup, 'pg_wal'));
  rmSync(join(backup, 'postmaster.pid'), { force: true });
  const { uid, gid } = statSync(backup);
  writeFileSync(join(backup, 'backup_label'), label);
  chownSync(join(backup, 'backup_label'), uid, gid);
  return backup;
};

/** The server must be stopped. It recovers from the backup when it starts again. */
export const putBack = ({ folder }: Store, backup: string): void => copy(backup, join(folder, 'data'));

export type Scene = AsyncDisposable & {
  readonly database: Store;
  readonly log: Store;
  /** The whole system on them. */
  open(folder: string): Promise<System>;
};

/** `folder` must not be there yet. */
export const openScene = async (folder: string, kind: LogKind): Promise<Scene> => {
  const database = await openPostgres(join(folder, 'database'));
  const log = await openLog(join(folder, 'log'), kind);
  return {
    database,
    log,
    open: (stageFolder) =>
      startSystem({
        dataFolder: join(stageFolder, 'data'),
        shape: singleShape,
        databaseUrl: database.url,
        eventLogUrl: log.url,
        gatewayPort: 0,
        logLevel: 'info',
        onRestart: () => undefined,
      }),
    [Symbol.asyncDispose]: async () => {
      await database.stop();
      await log.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const scheduler = fileURLToPath(new URL('../../apps/scheduler/src/', import.meta.url));
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

const environmentOf = ({ database, log }: Scene): NodeJS.ProcessEnv => ({
  ...process.env,
  DATABASE_URL: database.url,
  EVENT_LOG_URL: log.url,
});

export type Ran = { readonly code: number; readonly said: string };

/** `restore-lanes` with these arguments, from beginning to end. */
export const restoreLanes = (scene: Scene, ...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const [program, flag] = node;
    const command = [flag, join(scheduler, 'restore-lanes.ts'), ...args];
    const child = execFile(program, command, { env: environmentOf(scene) }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });

export type LoneScheduler = AsyncDisposable & {
  /** Of /readyz. */
  readiness(): Promise<{ ready: boolean; parts: Record<string, boolean> }>;
  metrics(): Promise<string>;
  /** Everything that it has logged. */
  said(): string;
};

/** A scheduler without the others. */
export const startScheduler = async (scene: Scene): Promise<LoneScheduler> => {
  const port = await freePort();
  const [program, flag] = node;
  const secrets = { INTERNAL_SECRET: 'x'.repeat(32), WEBHOOK_KEY: Buffer.alloc(32, 1).toString('base64') };
  const env = { ...environmentOf(scene), ...secrets, HTTP_PORT: String(port), LOG_LEVEL: 'info' };
  const child = spawn(program, [flag, join(scheduler, 'main.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  return {
    readiness: async () => (await get('/readyz')).json() as Promise<{ ready: boolean; parts: Record<string, boolean> }>,
    metrics: async () => (await get('/metrics')).text(),
    said: () => said,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
