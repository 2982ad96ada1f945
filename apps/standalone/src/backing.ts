/** What the services stand on: PostgreSQL, and Kafka where the shape asks for it. Each keeps its port, so that it is found again after a restart. */
import { join } from 'node:path';
import { startCluster, type Cluster } from '@sendpool/database/cluster';
import { startBroker } from '../../../tools/kafka/broker.ts';
import { findJars } from '../../../tools/kafka/jars.ts';
import { freePort } from './ports.ts';
import type { ProcessPlan, RunningProcess } from './running-process.ts';

/** A plan together with the address that the process has once it was started. */
export type Backing = { plan: ProcessPlan; url(): string };

/** PostgreSQL in `postgres/` of the data folder. */
export const planPostgres = async (dataFolder: string): Promise<Backing> => {
  const port = await freePort();
  let last: Cluster | undefined;
  const start = async (): Promise<RunningProcess> => {
    await last?.stop(); // one that crashed still owns the folder
    last = await startCluster({ directory: join(dataFolder, 'postgres'), durable: true, port });
    return last;
  };
  return { plan: { name: 'postgres', kind: 'postgres', start }, url: () => last!.url };
};

/** One broker in `kafka/` of the data folder. Throws AppError BAD_CONFIGURATION when there is no Java, or no Maven to get its jars. */
export const planKafka = async (dataFolder: string): Promise<Backing> => {
  findJars();
  const port = await freePort();
  let url = '';
  const start = async (): Promise<RunningProcess> => {
    const broker = await startBroker({ directory: join(dataFolder, 'kafka'), port });
    url = broker.url;
    return broker;
  };
  return { plan: { name: 'kafka', kind: 'kafka', start }, url: () => url };
};
