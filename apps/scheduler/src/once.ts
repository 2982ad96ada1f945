/** Work that is done once for each idempotency key, on what the stores work on. */
import { createOnce, type Database, type Sql } from '@sendpool/database';

/** What a store works on: the pool, or one transaction. */
export type StoreDatabase = Pick<Database, 'sql' | 'transaction'>;

const within = (tx: Sql): StoreDatabase => ({ sql: tx, transaction: (work) => work(tx) });

export const onceOver = ({ transaction }: StoreDatabase, secret: string) =>
  createOnce<StoreDatabase>({
    transaction: (work) => transaction((tx) => work(within(tx))),
    sqlOf: ({ sql }) => sql,
    secret,
  });
