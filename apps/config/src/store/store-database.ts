/** What a store works on: the pool, or one transaction. */
import type { Sql } from '@sendpool/database';
import type { DataSource, EntityManager } from 'typeorm';

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

export const within = (manager: EntityManager): StoreDatabase => ({ sql: sqlOf(manager), source: manager });
