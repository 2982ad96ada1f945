/** What a store works on: the pool, or one transaction. */
import { createOnce, type Database, type Sql } from '@sendpool/database';
import type { DataSource, EntityManager } from 'typeorm';
import { guarded } from './guarded.ts';

export type StoreDatabase = {
  readonly sql: Sql;
  readonly source: Pick<DataSource, 'getRepository' | 'query'> & {
    transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  };
};

/** SQL in the transaction of `manager`. Its `update` and `delete` answer nothing. */
export const sqlOf = (manager: EntityManager): Sql => ({
  query: <Row extends object>(text: string, values: readonly unknown[] = []) => manager.query<Row[]>(text, [...values]),
});

/** Runs work once for each idempotency key, in a transaction that also keeps the key. */
export const onceOver = (database: Database, secret: string) =>
  createOnce<StoreDatabase>({
    transaction: (work) =>
      guarded(() => database.source.transaction((manager) => work({ sql: sqlOf(manager), source: manager }))),
    sqlOf: ({ sql }) => sql,
    secret,
  });
