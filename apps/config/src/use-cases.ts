/** Puts the use cases together. */
import { newId } from '@sendpool/kernel';
import { createKeyed, type Database } from '@sendpool/database';
import type { CreateUseCases, UseCases } from './api/graphql/use-cases.ts';
import { createCreateApiKey } from './domain/create-api-key.ts';
import { createCreatePool } from './domain/create-pool.ts';
import { createCreateSendingServer, type SealPassword } from './domain/create-sending-server.ts';
import { createDeletePool } from './domain/delete-pool.ts';
import { createDeleteSendingServer } from './domain/delete-sending-server.ts';
import { createRestorePoolMember } from './domain/restore-pool-member.ts';
import { createRevokeApiKey } from './domain/revoke-api-key.ts';
import type { KeyStore, PoolStore, RotationStore, ServerStore } from './domain/stores.ts';
import { createSwitchSendingServer } from './domain/switch-sending-server.ts';
import { createUpdatePool } from './domain/update-pool.ts';
import { createUpdateSendingServer } from './domain/update-sending-server.ts';
import { createKeyStore } from './store/api-key.store.ts';
import { createPoolStore } from './store/pool.store.ts';
import { createRotationStore } from './store/rotation.store.ts';
import { createServerStore } from './store/sending-server.store.ts';
import { onceOver, type StoreDatabase } from './store/store-database.ts';
import { createVerifySendingServer, type VerifySendingServerDeps } from './domain/verify-sending-server.ts';

/** `changed` is called after each change that took effect. */
export const createStores = (database: StoreDatabase, changed: () => void): Stores => ({
  servers: createServerStore(database, changed),
  pools: createPoolStore(database, changed),
  keys: createKeyStore(database, changed),
  rotations: createRotationStore(database, changed),
});

type Stores = { servers: ServerStore; pools: PoolStore; keys: KeyStore; rotations: RotationStore };

export type UseCaseDeps = {
  database: Database;
  stores: Stores;
  changed(): void;
  /** Of the digests of what was asked for. */
  secret: string;
  seal: SealPassword;
  probe: VerifySendingServerDeps['probe'];
};

const now = (): Date => new Date();

const createCreate = (stores: Stores, seal: SealPassword): CreateUseCases => ({
  createSendingServer: createCreateSendingServer({ servers: stores.servers, seal, newId, now }),
  createPool: createCreatePool({ ...stores, newId }),
  createApiKey: createCreateApiKey({ ...stores, newId, now }),
});

export const createUseCases = ({ database, stores, changed, secret, seal, probe }: UseCaseDeps): UseCases => {
  const { servers, pools } = stores;
  const plain = createCreate(stores, seal);
  return {
    ...stores,
    now,
    once: createKeyed({
      once: onceOver(database, secret),
      plain,
      make: (on, afterCommit) =>
        createCreate(
          createStores(on, () => afterCommit(changed)),
          seal,
        ),
    }),
    updateSendingServer: createUpdateSendingServer({ servers, seal, now }),
    verifySendingServer: createVerifySendingServer({ servers, probe, now }),
    activateSendingServer: createSwitchSendingServer({ servers }, 'ACTIVE'),
    deactivateSendingServer: createSwitchSendingServer({ servers }, 'INACTIVE'),
    deleteSendingServer: createDeleteSendingServer({ servers, pools, now }),
    deletePool: createDeletePool({ pools, now }),
    updatePool: createUpdatePool({ ...stores, now: () => Date.now() }),
    restorePoolMember: createRestorePoolMember({ pools, now }),
    revokeApiKey: createRevokeApiKey({ ...stores, now }),
  };
};
