/** Keeps pools. */
import type { Pool } from '../domain/pool.ts';
import type { PoolStore } from '../domain/stores.ts';
import { poolEntity, type PoolRow } from './pool.entity.ts';
import { createVersionedStore } from './versioned.store.ts';
import type { StoreDatabase } from './store-database.ts';

export const toPoolRow = ({ rotateOut, ...pool }: Pool): PoolRow => ({
  ...pool,
  rotateOutRule: rotateOut.rule,
  maxBounceRate: rotateOut.maxBounceRate,
  minSends: rotateOut.minSends,
});

export const fromPoolRow = ({ rotateOutRule, maxBounceRate, minSends, ...pool }: PoolRow): Pool => ({
  ...pool,
  rotateOut: { rule: rotateOutRule, maxBounceRate, minSends },
});

const due = `select id from pool where exists (
    select from jsonb_array_elements(members) as member
    where member -> 'rotation' ->> 'state' = 'OUT' and (member -> 'rotation' ->> 'until')::float8 <= $1)
  order by id`;

/** `changed` is called after each change that took effect. */
export const createPoolStore = (database: StoreDatabase, changed: () => void): PoolStore => {
  const repository = database.source.getRepository(poolEntity);
  const rows = { repository, nameIndex: 'pool_name', toRow: toPoolRow, fromRow: fromPoolRow };
  return {
    ...createVersionedStore({ sql: database.sql, table: 'pool', ...rows, changed }),
    withMembersDue: async (now) => (await database.sql.query<{ id: string }>(due, [now.getTime()])).map(({ id }) => id),
  };
};
