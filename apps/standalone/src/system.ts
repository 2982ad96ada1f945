/** A whole Sendpool on this machine: an embedded PostgreSQL and every service, started and stopped as one. */
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { startCluster, type Cluster } from '@sendpool/database/cluster';
import { AppError, sleep } from '@sendpool/kernel';
import { openSecrets } from './secrets.ts';
import { planServices } from './services.ts';
import { createSupervisor } from './supervisor.ts';

export type SystemOptions = {
  dataFolder: string;
  /** 0 takes a free port. */
  gatewayPort: number;
  logLevel: string;
  /** Told when a service, or PostgreSQL, ended by itself and is started again. */
  onRestart(name: string, reason: string): void;
  /** Aborts a start that is under way; what already runs is stopped. */
  signal?: AbortSignal;
};

export type System = {
  /** Where front ends and integrators talk to: POST /graphql, POST /audiences/{id}/contacts. */
  gatewayUrl: string;
  /** Only at the very first start with this data folder. */
  firstAdminKey: string | undefined;
  /** Of the embedded PostgreSQL, with its password. */
  databaseUrl: string;
  /** Ends every service and the database; each service within `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
};

const readyTimeoutMs = 60_000;

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const answer = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });

type WatchedCluster = { url: string; stop(): Promise<void> };

/** PostgreSQL in the data folder; when it ends by itself it is started again at the same address. */
const startWatchedCluster = async ({ dataFolder, onRestart }: SystemOptions): Promise<WatchedCluster> => {
  const directory = join(dataFolder, 'postgres');
  let cluster = await startCluster({ directory, durable: true });
  let stopping = false;
  const watch = async (current: Cluster): Promise<void> => {
    const reason = await current.ended;
    if (stopping) return;
    onRestart('postgres', reason);
    await current.stop();
    cluster = await startCluster({ directory, durable: true, port: current.port });
    void watch(cluster);
  };
  void watch(cluster);
  return {
    url: cluster.url,
    stop: async () => {
      stopping = true;
      await cluster.stop();
    },
  };
};

/** The first key travels from config to the gateway through the event log: a moment later than readiness. */
const untilKeyIsKnown = async (gatewayUrl: string, key: string): Promise<void> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${gatewayUrl}/graphql`, {
      method: 'POST',
      headers,
      body: '{"query":"{ __typename }"}',
    });
    if (answer.status === 200) return;
    await sleep(100);
  }
  throw new AppError('UNAVAILABLE', 'the gateway does not know the first admin key');
};

/** Starts everything and resolves when every service is ready. Throws AppError BAD_CONFIGURATION when folder or port are in use, and when `signal` is aborted. */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  const { dataFolder, gatewayPort, logLevel, onRestart } = options;
  if (gatewayPort !== 0 && (await isTaken(gatewayPort)))
    throw new AppError('BAD_CONFIGURATION', `Port ${gatewayPort} is in use: set PORT to another one.`);
  const { secrets, firstAdminKey } = openSecrets(dataFolder);
  const cluster = await startWatchedCluster(options);
  const supervisor = createSupervisor({ dataFolder, onRestart });
  const stop = async (deadlineMs: number): Promise<void> => {
    await supervisor.stop(deadlineMs);
    await cluster.stop();
  };
  try {
    const services = await planServices({ databaseUrl: cluster.url, gatewayPort, secrets, logLevel });
    for (const service of services) supervisor.start(service);
    await supervisor.waitReady(readyTimeoutMs, options.signal);
    const gatewayUrl = `http://127.0.0.1:${services.at(-1)!.port}`;
    if (firstAdminKey !== undefined) await untilKeyIsKnown(gatewayUrl, firstAdminKey);
    return { gatewayUrl, firstAdminKey, databaseUrl: cluster.url, stop };
  } catch (error) {
    await stop(5_000);
    throw error;
  }
};
