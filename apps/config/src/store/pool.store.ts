/** Keeps pools. */
import type { Sql } from '@sendpool/database';
import type { Pool } from '../domain/pool.ts';
import type { PoolStore } from '../domain/stores.ts';
import { poolsWith } from './members.ts';
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

const due = `select id from pool where deleted_at is null and exists (
    select from jsonb_array_elements(members) as member
    where member -> 'rotation' ->> 'state' = 'OUT' and (member -> 'rotation' ->> 'until')::float8 <= $1)
  order by id`;

/** Whoever deletes one of them waits, or is waited for. */
const lockMembers = `select deleted_at from sending_server where id = any($1::uuid[]) order by id for share`;

const hasLivingMembers = async (sql: Sql, { members, deletedAt }: Pool): Promise<boolean> => {
  if (deletedAt !== null) return true;
  const rows = await sql.query<{ deleted_at: Date | null }>(lockMembers, [members.map(({ serverId }) => serverId)]);
  return rows.every((row) => row.deleted_at === null);
};

/** `changed` is called after each change that took effect. */
export const createPoolStore = (database: StoreDatabase, changed: () => void): PoolStore => {
  const { sql, source } = database;
  const rows = { entity: poolEntity, nameIndex: 'pool_name', toRow: toPoolRow, fromRow: fromPoolRow };
  return {
    ...createVersionedStore({ sql, source, table: 'pool', ...rows, mayWrite: hasLivingMembers, changed }),
    withMembersDue: async (now) => (await sql.query<{ id: string }>(due, [now.getTime()])).map(({ id }) => id),
    withMember: (serverId) => poolsWith(sql, serverId),
  };
};
