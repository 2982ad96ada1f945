/** Stores in memory for specs; they pass the same suite as those in PostgreSQL. */
import type { RotationVerdict } from '@sendpool/contracts';
import { isId } from '@sendpool/kernel';
import type { ApiKey } from './api-key.ts';
import type { Pool } from './pool.ts';
import { isSameRefusal, type RotationEntry } from './rotation-entry.ts';
import type { SendingServer } from './sending-server.ts';
import type {
  Deletable,
  KeyStore,
  Listed,
  PoolStore,
  RotationStore,
  ServerStore,
  Versioned,
  VersionedStore,
} from './stores.ts';

type Named = Versioned & { readonly name: string };
type Row = Deletable & Named;

export type FakeStore<T extends Row> = VersionedStore<T> & { readonly rows: Map<string, T> };

const isThere = (row: object): boolean => !('deletedAt' in row) || row.deletedAt === null;

const isNamed =
  (part = '') =>
  ({ name }: Named): boolean =>
    name.toLowerCase().includes(part.toLowerCase());

const createFakeList = <T extends Named>(rows: ReadonlyMap<string, T>): Listed<T> => ({
  page: async ({ count, order: { field, direction }, after, nameContains }) => {
    const keyOf = (id: string, name: string): string => (field === 'NAME' ? `${name.toLowerCase()} ${id}` : id);
    const [sign, last] = [direction === 'ASC' ? 1 : -1, after && keyOf(after.id, after.key)];
    const compare = (one: string, other: string): number => (one < other ? -sign : one > other ? sign : 0);
    return [...rows.values()]
      .filter((row) => isThere(row) && isNamed(nameContains)(row))
      .filter(({ id, name }) => last === undefined || compare(keyOf(id, name), last) > 0)
      .sort((one, other) => compare(keyOf(one.id, one.name), keyOf(other.id, other.name)))
      .slice(0, count);
  },
  count: async (nameContains) => [...rows.values()].filter((row) => isThere(row) && isNamed(nameContains)(row)).length,
});

const createFakeStore = <T extends Row>(): FakeStore<T> => {
  const rows = new Map<string, T>();
  const isTaken = (row: T): boolean =>
    [...rows.values()].some(
      ({ id, name, deletedAt }) => id !== row.id && deletedAt === null && name.toLowerCase() === row.name.toLowerCase(),
    );
  const put = (row: T): 'SAVED' | 'NAME_TAKEN' => {
    if (isTaken(row)) return 'NAME_TAKEN';
    rows.set(row.id, row);
    return 'SAVED';
  };
  return {
    rows,
    find: async (ids) => [...rows.values()].filter(({ id }) => ids.includes(id)),
    ...createFakeList(rows),
    insert: async (row) => put(row),
    save: async (row) => (rows.get(row.id)?.revision === row.revision - 1 ? put(row) : 'STALE'),
  };
};

const isDue = ({ members }: Pool, now: number): boolean =>
  members.some(({ rotation: { state, until } }) => state === 'OUT' && until !== null && until <= now);

export const createFakePoolStore = (): PoolStore & FakeStore<Pool> => {
  const store = createFakeStore<Pool>();
  return {
    ...store,
    withMember: async (serverId) =>
      [...store.rows.values()]
        .filter((pool) => isThere(pool) && pool.members.some((member) => member.serverId === serverId))
        .map(({ name }) => name),
    withMembersDue: async (now) =>
      [...store.rows.values()].filter((pool) => isThere(pool) && isDue(pool, now.getTime())).map(({ id }) => id),
  };
};

const isOfSameServer = (one: RotationVerdict, other: RotationVerdict): boolean =>
  one.poolId === other.poolId && one.serverId !== null && one.serverId === other.serverId;

const isSettledBy = (verdict: RotationVerdict, kept: RotationVerdict): boolean =>
  verdict.id === kept.id ||
  (verdict.kind === 'EJECT' && kept.kind === 'EJECT' && isOfSameServer(verdict, kept) && kept.at >= verdict.at);

/** `pools` are changed by what verdicts come to. */
export const createFakeRotationStore = (pools: Map<string, Pool>): RotationStore => {
  const entries: RotationEntry[] = [];
  return {
    settle: async ({ verdict, decide }) => {
      if (entries.some((entry) => isSettledBy(verdict, entry.verdict))) return false;
      const before = pools.get(verdict.poolId);
      const { pool, whyNot } = await decide(before);
      if (before !== undefined && pool !== undefined) pools.set(pool.id, { ...pool, revision: before.revision + 1 });
      const entry = { verdict, applied: whyNot === null, whyNot };
      const newest = entries.findLastIndex((other) => isOfSameServer(verdict, other.verdict));
      if (newest >= 0 && isSameRefusal(entry, entries[newest]!)) entries[newest] = { ...entry, number: newest + 1 };
      else entries.push({ ...entry, number: entries.length + 1 });
      return true;
    },
    page: async (poolIds, count, before = Infinity) => {
      const pageOf = (poolId: string) =>
        entries
          .filter(({ verdict, number }) => verdict.poolId === poolId && number < before)
          .reverse()
          .slice(0, count);
      return new Map(poolIds.map((poolId) => [poolId, pageOf(poolId)]));
    },
    counts: async (poolIds) => {
      const own = entries.filter(({ verdict }) => poolIds.includes(verdict.poolId));
      const byPool = Map.groupBy(own, ({ verdict }) => verdict.poolId);
      return new Map([...byPool].map(([poolId, { length }]) => [poolId, length]));
    },
  };
};

const isRefreshable = ({ kind, verification, deletedAt }: SendingServer): boolean =>
  kind === 'SES' && verification.status !== 'NEVER' && deletedAt === null;

export const createFakeServerStore = (): ServerStore & FakeStore<SendingServer> => {
  const claims = new Map<string, number>();
  const accountClaims = new Map<string, number>();
  const store = createFakeStore<SendingServer>();
  return {
    ...store,
    claimSesAccount: async (now, gapMs) => {
      const isFree = ({ id }: SendingServer): boolean => now.getTime() - (accountClaims.get(id) ?? -Infinity) >= gapMs;
      const due = [...store.rows.values()].find((server) => isRefreshable(server) && isFree(server));
      if (due !== undefined) accountClaims.set(due.id, now.getTime());
      return due?.id;
    },
    withSameSesAccount: async ({ id, username, ses }) =>
      [...store.rows.values()].filter(
        (other) =>
          other.id !== id &&
          other.kind === 'SES' &&
          other.state === 'ACTIVE' &&
          other.username === username &&
          other.ses?.region === ses?.region,
      ),
    noteSesAccount: async (id, account) => {
      const server = store.rows.get(id);
      if (server?.ses) store.rows.set(id, { ...server, ses: { ...server.ses, account } });
    },
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
    find: async (ids) => [...rows.values()].filter(({ id }) => ids.includes(id)),
    ...createFakeList(rows),
    exclusively: async (decide) => {
      const { save, answer } = decide([...rows.values()]);
      if (save !== undefined) rows.set(save.id, save);
      return answer;
    },
    noteUse: async ({ id, at }) => {
      const key = rows.get(id);
      if (key !== undefined && (key.lastUsedAt?.getTime() ?? 0) < at)
        rows.set(id, { ...key, lastUsedAt: new Date(at) });
    },
  };
};
