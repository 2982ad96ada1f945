/** A database of its own for each test, on the cluster that the test run has started; and a server that may be killed. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, sleep } from '@sendpool/kernel';
import pg from 'pg';
import { startCluster } from './cluster.ts';

export type TestDatabase = { url: string } & AsyncDisposable;

const clusterUrl = (): string => {
  const url = process.env['SENDPOOL_TEST_CLUSTER'];
  if (url === undefined) {
    throw new AppError(
      'BAD_CONFIGURATION',
      'SENDPOOL_TEST_CLUSTER is not set; `npm test` sets it, or use libs/database/src/cluster-cli.ts',
    );
  }
  return url;
};

const runOnce = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, application_name: 'test databases' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** An empty database; disposing drops it, open connections and all. */
export const freshDatabase = async (): Promise<TestDatabase> => {
  const cluster = clusterUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runOnce(cluster, `create database ${name} template template0 strategy file_copy`);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => runOnce(cluster, `drop database if exists ${name} with (force)`),
  };
};

/** Runs `copy` between the start and the stop of an online backup; resolves to the text of its `backup_label`. */
export const copyOnline = async (url: string, copy: () => void): Promise<string> => {
  const client = new pg.Client({ connectionString: url, application_name: 'test backup' });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('test', true)`);
    copy();
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    return rows[0]!.labelfile;
  } finally {
    await client.end();
  }
};

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** Tells the text of each statement that this process sends to PostgreSQL, by whatever way, until it is disposed of. */
export const watchStatements = (told: (text: string) => void): Disposable => {
  const client = pg.Client.prototype as { query: Query };
  const { query } = client;
  client.query = function watched(...args) {
    const [first] = args as [string | { text: string }];
    told(typeof first === 'string' ? first : first.text);
    return query.apply(this, args);
  };
  return {
    [Symbol.dispose]: () => {
      client.query = query;
    },
  };
};

export type FragileServer = {
  url: string;
  /** Kills the server as a power cut would (nothing is flushed that was not), and starts it again on the same port after `downMs`. */
  crash(downMs: number): Promise<void>;
} & AsyncDisposable;

/** A durable server of its own, to be killed. */
export const fragileServer = async (): Promise<FragileServer> => {
  const directory = mkdtempSync(join(tmpdir(), 'sendpool-fragile-'));
  let cluster = await startCluster({ directory, durable: true });
  const { url, port } = cluster;
  return {
    url,
    crash: async (downMs) => {
      process.kill(cluster.pid, 'SIGQUIT');
      await cluster.ended;
      await cluster.stop();
      await sleep(downMs);
      cluster = await startCluster({ directory, port, durable: true });
    },
    [Symbol.asyncDispose]: async () => {
      await cluster.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
