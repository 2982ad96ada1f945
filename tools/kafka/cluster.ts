/** Several real brokers as one cluster, each of them a controller too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../apps/standalone/src/ports.ts';
import { startBroker, type Broker } from './broker.ts';
import { copiesOn } from './settings.ts';

export type BrokerCluster = {
  /** EVENT_LOG_URL that names all of them. */
  url: string;
  /** Ends one by this signal, and returns when it is gone. */
  end(id: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts one that has ended, with its folder and at its port. */
  start(id: number): Promise<void>;
  /** Stops all and removes their folders. */
  stop(): Promise<void>;
};

/** Resolves when all take connections. Ids count from 1. Throws as startBroker does. */
export const startBrokers = async (count: number): Promise<BrokerCluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-brokers-'));
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const controllers = await Promise.all(ids.map(freePort));
  const ports = await Promise.all(ids.map(freePort));
  const brokers = new Map<number, Broker>();
  const start = async (id: number): Promise<void> => {
    const node = { id, controllers };
    brokers.set(id, await startBroker({ directory: join(folder, String(id)), port: ports[id - 1]!, node }));
  };
  const stop = async (): Promise<void> => {
    // A majority of controllers must be there for a clean end; of a throw-away cluster nobody needs one.
    await Promise.all(ids.map((id) => end(id, 'SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  };
  const end = async (id: number, signal: NodeJS.Signals): Promise<void> => {
    const broker = brokers.get(id);
    if (broker === undefined) return;
    brokers.delete(id);
    process.kill(broker.pid, signal);
    await broker.ended;
  };
  const failed = (await Promise.allSettled(ids.map(start))).find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const { replication, minInsync } = copiesOn(count);
  const addresses = ports.map((port) => `127.0.0.1:${port}`).join();
  return { url: `kafka://${addresses}?replication=${replication}&minInsync=${minInsync}`, end, start, stop };
};
