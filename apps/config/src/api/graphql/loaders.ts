/** Reads of one request by id, all of one tick in one statement. */
import { loaderOf, type RequestContext } from '@sendpool/graphql';
import type { ApiKey } from '../../domain/api-key.ts';
import type { Pool } from '../../domain/pool.ts';
import type { SendingServer } from '../../domain/sending-server.ts';
import type { KeyStore, PoolStore, ServerStore } from '../../domain/stores.ts';

type Find<T> = { find(ids: readonly string[]): Promise<T[]> };

const byId =
  <T extends { readonly id: string }>(store: Find<T>) =>
  async (ids: readonly string[]): Promise<ReadonlyMap<string, T>> =>
    new Map((await store.find(ids)).map((row) => [row.id, row]));

/** Resolves to null when there is none with this id: that is what GraphQL shows. */
export const loadServer = async (
  context: RequestContext,
  servers: Pick<ServerStore, 'find'>,
  id: string,
): Promise<SendingServer | null> => (await loaderOf(context, 'sendingServer', byId(servers)).load(id)) ?? null;

export const loadPool = async (
  context: RequestContext,
  pools: Pick<PoolStore, 'find'>,
  id: string,
): Promise<Pool | null> => (await loaderOf(context, 'pool', byId(pools)).load(id)) ?? null;

export const loadKey = async (
  context: RequestContext,
  keys: Pick<KeyStore, 'find'>,
  id: string,
): Promise<ApiKey | null> => (await loaderOf(context, 'apiKey', byId(keys)).load(id)) ?? null;

/** The servers of a pool by id. */
export const loadMembers = async (
  context: RequestContext,
  servers: Pick<ServerStore, 'find'>,
  pool: Pool,
): Promise<ReadonlyMap<string, SendingServer>> => {
  const found = await Promise.all(pool.members.map(({ serverId }) => loadServer(context, servers, serverId)));
  return new Map(found.filter((server) => server !== null).map((server) => [server.id, server]));
};
