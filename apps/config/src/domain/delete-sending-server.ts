/** Deletes a sending server that no pool has as a member: its credentials go, its name is free, and what it did stays known. */
import { changeRow } from './change-row.ts';
import { good, refuse, type Result } from './result.ts';
import type { SendingServer } from './sending-server.ts';
import type { PoolStore, ServerStore } from './stores.ts';

export type DeleteSendingServerDeps = {
  servers: Pick<ServerStore, 'find' | 'save'>;
  pools: Pick<PoolStore, 'withMember'>;
  now(): Date;
};

const deleted = (server: SendingServer, deletedAt: Date): SendingServer => ({
  ...server,
  state: 'INACTIVE',
  username: null,
  password: null,
  caCertificate: null,
  deletedAt,
});

const isMember = (pools: readonly string[]) => {
  const names = pools.map((name) => JSON.stringify(name)).join(', ');
  return refuse('CONFLICT', `It is a member of ${names}. Take it out of every pool first.`, ['input', 'id']);
};

/** Deleting a deleted server changes nothing. */
export const createDeleteSendingServer =
  (deps: DeleteSendingServerDeps) =>
  (id: string): Promise<Result<SendingServer>> => {
    const decide = async (server: SendingServer): Promise<Result<SendingServer>> => {
      if (server.deletedAt !== null) return good(server);
      const pools = await deps.pools.withMember(id);
      return pools.length > 0 ? isMember(pools) : good(deleted(server, deps.now()));
    };
    return changeRow(deps.servers, { id, noun: 'sending server', evenDeleted: true, decide });
  };
