/** Connections to PostgreSQL: which faults pass by themselves, work with a deadline, and reading rows as raw bytes. */
import { AppError } from '@sendpool/kernel';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';

const bigint = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === bigint && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

export type PoolOptions = { url: string; applicationName: string };

/** Settings that the promises of the log rest on; a server's own defaults cannot undo them. */
const settings =
  '-c synchronous_commit=on -c search_path=event_log -c idle_in_transaction_session_timeout=60s -c jit=off';

export const connectionConfig = (options: PoolOptions): pg.ClientConfig => ({
  connectionString: options.url,
  application_name: options.applicationName,
  connectionTimeoutMillis: 5000,
  keepAlive: true,
  options: settings,
  types,
});

export const createPool = (options: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({ ...connectionConfig(options), max: 16, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is replaced when it is needed next.
  pool.on('error', () => undefined);
  return pool;
};

/** SQLSTATE of lost connections, lost races, full servers, servers that stop or start. */
const passing = /^(08...|40001|40P01|53...|57P0[1-5]|25P03)$/;
const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
const lost =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Client was closed|no answer)/;

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? '';

/** True when the same statement may succeed later without anybody changing anything. */
export const isPassing = (error: unknown): boolean =>
  passing.test(codeOf(error)) || network.has(codeOf(error)) || (error instanceof Error && lost.test(error.message));

/** The fault to throw to callers: AppError UNAVAILABLE when it passes, else as it was. */
export const faultOf = (error: unknown): unknown =>
  !(error instanceof AppError) && isPassing(error)
    ? new AppError('UNAVAILABLE', 'the event log is not available', { retriable: true, cause: error })
    : error;

const inTime = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The statement under way has already been told; without a listener the event would end the process. */
const ignore = (): void => undefined;

/** Runs `work` on one connection; a connection that failed in any way, or gave no answer in time, is thrown away. */
export const withClient = async <T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  timeoutMs = 30_000,
): Promise<T> => {
  const client = await pool.connect();
  client.on('error', ignore);
  let isSound = false;
  try {
    const result = await inTime(work(client), timeoutMs);
    isSound = true;
    return result;
  } finally {
    if (isSound) client.off('error', ignore);
    client.release(!isSound);
  }
};

export const inTransaction = <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
  withClient(pool, async (client) => {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  });

/** Rows of `select`, in PostgreSQL's binary COPY format; `select` may hold numbers of our own only, for COPY takes no parameters. */
export const copyOut = (pool: pg.Pool, select: string): Promise<Buffer> =>
  withClient(pool, async (client) => {
    const chunks: Buffer[] = [];
    for await (const chunk of client.query(copyStreams.to(`copy (${select}) to stdout (format binary)`)))
      chunks.push(chunk as Buffer);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  });
