/** A database of its own for each test file, on the cluster that the test run has started. */
import { randomBytes } from 'node:crypto';
import { AppError } from '@sendpool/kernel';
import pg from 'pg';

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
