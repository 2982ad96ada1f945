/** Keeps pools. */
import type { Database } from '@sendpool/database';
import type { Pool } from '../domain/pool.ts';
import type { PoolStore } from '../domain/stores.ts';
import { poolEntity, type PoolRow } from './pool.entity.ts';
import { createVersionedStore } from './versioned.store.ts';

const toRow = (pool: Pool): PoolRow => ({ ...pool, members: pool.members.map((member) => ({ ...member })) });

const fromRow = (row: PoolRow): Pool => row;

/** `changed` is called after each change that took effect. */
export const createPoolStore = (database: Database, changed: () => void): PoolStore => {
  const repository = database.source.getRepository(poolEntity);
  return createVersionedStore({ repository, nameIndex: 'pool_name', toRow, fromRow, changed });
};
