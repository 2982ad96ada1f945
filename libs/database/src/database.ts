/** A service's own schema in PostgreSQL: connection pool, migrations at the start, plain SQL and transactions. */
import { AppError } from '@sendpool/kernel';
import pg from 'pg';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';
import { createReadiness, type Readiness } from './readiness.ts';
import type { Sql } from './sql.ts';
import { faultOf } from './faults.ts';

export type MigrationClass = new () => MigrationInterface;

export type DatabaseOptions = {
  url: string;
  /** Made when it is missing; first in the search path. Lower-case letters, digits and underscores. */
  schema: string;
  entities?: EntitySchema[];
  migrations?: MigrationClass[];
  /** Connections, at most. Default 10. */
  poolSize?: number;
  applicationName: string;
};

export type Database = {
  sql: Sql;
  source: DataSource;
  /** Runs `work` in one transaction on one connection; rolls back when it throws. */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  isReady(): boolean;
  close(): Promise<void>;
};

/** Any number, the same in every process: the key of the advisory lock that migrations are run under. */
const migrationLock = 7_306_514;

const bigint = 20;
/** Numbers instead of strings for bigint, without touching the parsers of the whole process. Sound below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === bigint && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

const createSource = (options: DatabaseOptions, onIdleFault: (error: unknown) => void): DataSource =>
  new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    entities: options.entities ?? [],
    migrations: options.migrations ?? [],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    applicationName: options.applicationName,
    poolSize: options.poolSize ?? 10,
    poolErrorHandler: onIdleFault,
    connectTimeoutMS: 10_000,
    logging: false,
    extra: {
      types,
      options: `-c search_path=${options.schema} -c idle_in_transaction_session_timeout=60s`,
      keepAlive: true,
    },
  });

/** Under a lock of the whole database, so that two processes may start at once. */
const migrate = async (options: DatabaseOptions, source: DataSource): Promise<void> => {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: `${options.applicationName} migrations`,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(`create schema if not exists ${options.schema}`);
    await source.initialize();
    await source.runMigrations();
  } finally {
    await client.end();
  }
};

/** Statements are prepared once for each connection, under a name of their own. */
const names = new Map<string, string>();
const nameOf = (text: string): string => {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
};

type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

const createSql = (on: Queryable, readiness: Readiness): Sql => ({
  query: async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    try {
      const { rows } = await on.query<Row & pg.QueryResultRow>({ name: nameOf(text), text, values: [...values] });
      readiness.good();
      return rows;
    } catch (error) {
      throw faultOf(error, readiness);
    }
  },
});

const ignore = (): void => undefined;

const createTransaction =
  (pool: pg.Pool, readiness: Readiness): Database['transaction'] =>
  async (work) => {
    const client = await pool.connect().catch((error: unknown) => Promise.reject(faultOf(error, readiness)));
    // The statement under way is told as well; without a listener the event would end the process.
    client.on('error', ignore);
    const sql = createSql(client, readiness);
    let broken = false;
    try {
      await client.query('begin');
      const result = await work(sql);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch(() => {
        broken = true;
      });
      throw faultOf(error, readiness);
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  };

/** Opens the pool and brings the schema up to date. Throws AppError BAD_CONFIGURATION or UNAVAILABLE (retriable). */
export const createDatabase = async (options: DatabaseOptions): Promise<Database> => {
  if (!/^[a-z][a-z0-9_]*$/.test(options.schema))
    throw new AppError('BAD_CONFIGURATION', 'a schema name has letters, digits and _ only');
  const readiness = createReadiness(async () => void (await pool.query('select 1')));
  const source = createSource(options, () => readiness.bad());
  await migrate(options, source).catch(async (error: unknown) => {
    if (source.isInitialized) await source.destroy();
    throw faultOf(error, readiness);
  });
  const pool = (source.driver as unknown as { master: pg.Pool }).master;
  readiness.good();
  return {
    sql: createSql(pool, readiness),
    source,
    transaction: createTransaction(pool, readiness),
    isReady: () => readiness.isGood(),
    close: () => source.destroy(),
  };
};
