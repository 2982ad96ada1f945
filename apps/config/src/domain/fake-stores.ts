/** Stores in memory for specs; they pass the same suite as those in PostgreSQL. */
import { isId } from '@sendpool/kernel';
import type { ApiKey } from './api-key.ts';
import type { KeyStore, PoolStore, ServerStore, Versioned, VersionedStore } from './stores.ts';

type Named = Versioned & { readonly name: string };

export type FakeStore<T extends Named> = VersionedStore<T> & { readonly rows: Map<string, T> };

const createFakeStore = <T extends Named>(): FakeStore<T> => {
  const rows = new Map<string, T>();
  const isTaken = (row: T): boolean =>
    [...rows.values()].some(({ id, name }) => id !== row.id && name.toLowerCase() === row.name.toLowerCase());
  const put = (row: T): 'SAVED' | 'NAME_TAKEN' => {
    if (isTaken(row)) return 'NAME_TAKEN';
    rows.set(row.id, row);
    return 'SAVED';
  };
  return {
    rows,
    find: async (ids) => [...rows.values()].filter(({ id }) => ids.includes(id)),
    page: async (count, after = '') =>
      [...rows.values()]
        .filter(({ id }) => id > after)
        .sort((one, other) => (one.id < other.id ? -1 : 1))
        .slice(0, count),
    insert: async (row) => put(row),
    save: async (row) => (rows.get(row.id)?.revision === row.revision - 1 ? put(row) : 'STALE'),
  };
};

export const createFakePoolStore = (): FakeStore<Parameters<PoolStore['save']>[0]> => createFakeStore();

export const createFakeServerStore = (): ServerStore & FakeStore<Parameters<ServerStore['save']>[0]> => {
  const claims = new Map<string, number>();
  return {
    ...createFakeStore(),
    claimVerification: async (id, now, gapMs) => {
      if (!isId(id) || now.getTime() - (claims.get(id) ?? -Infinity) < gapMs) return false;
      claims.set(id, now.getTime());
      return true;
    },
  };
};

export const createFakeKeyStore = (): KeyStore & { readonly rows: Map<string, ApiKey> } => {
  const rows = new Map<string, ApiKey>();
  return {
    rows,
    list: async () => [...rows.values()],
    exclusively: async (decide) => {
      const { save, answer } = decide([...rows.values()]);
      if (save !== undefined) rows.set(save.id, save);
      return answer;
    },
  };
};
