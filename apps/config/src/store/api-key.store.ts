/** Keeps API keys. There are few, and whether one may go depends on the others: changes take turns. */
import { isId } from '@sendpool/kernel';
import { In } from 'typeorm';
import type { ApiKey } from '../domain/api-key.ts';
import type { KeyStore } from '../domain/stores.ts';
import { apiKeyEntity } from './api-key.entity.ts';
import { guarded } from './guarded.ts';
import { createList } from './list.store.ts';
import type { StoreDatabase } from './store-database.ts';

const noteUse = `update api_key set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)`;

const findKeys = (database: StoreDatabase, ids: readonly string[]): Promise<ApiKey[]> => {
  const where = { id: In(ids.filter(isId)) };
  return guarded(() => database.source.getRepository(apiKeyEntity).find({ where }));
};

/** `changed` is called after each change that took effect. */
export const createKeyStore = (database: StoreDatabase, changed: () => void): KeyStore => ({
  ...createList({ sql: database.sql, table: 'api_key', find: (ids) => findKeys(database, ids) }),
  list: () => guarded(() => database.source.getRepository(apiKeyEntity).find({ order: { id: 'ASC' } })),
  find: (ids) => findKeys(database, ids),
  exclusively: async (decide) => {
    const { save, answer } = await guarded(() =>
      database.source.transaction(async (manager) => {
        await manager.query('lock table api_key in share row exclusive mode');
        const keys = await manager.find(apiKeyEntity, { order: { id: 'ASC' } });
        const decision = decide(keys);
        if (decision.save !== undefined) await manager.upsert(apiKeyEntity, { ...decision.save }, ['id']);
        return decision;
      }),
    );
    if (save !== undefined) changed();
    return answer;
  },
  noteUse: async ({ id, at }) => {
    if (isId(id)) await guarded(() => database.source.query(noteUse, [id, new Date(at)]));
  },
});
