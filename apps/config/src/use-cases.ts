/** Puts the use cases together. */
import { newId } from '@sendpool/kernel';
import type { UseCases } from './api/graphql/use-cases.ts';
import { createCreateApiKey } from './domain/create-api-key.ts';
import { createCreatePool } from './domain/create-pool.ts';
import { createCreateSendingServer, type SealPassword } from './domain/create-sending-server.ts';
import { createRevokeApiKey } from './domain/revoke-api-key.ts';
import type { KeyStore, PoolStore, ServerStore } from './domain/stores.ts';
import { createSwitchSendingServer } from './domain/switch-sending-server.ts';
import { createUpdatePool } from './domain/update-pool.ts';
import { createUpdateSendingServer } from './domain/update-sending-server.ts';
import { createVerifySendingServer, type VerifySendingServerDeps } from './domain/verify-sending-server.ts';

type Stores = { servers: ServerStore; pools: PoolStore; keys: KeyStore };

export type UseCaseDeps = Stores & { seal: SealPassword; probe: VerifySendingServerDeps['probe'] };

const now = (): Date => new Date();

export const createUseCases = ({ seal, probe, ...stores }: UseCaseDeps): UseCases => {
  const { servers } = stores;
  return {
    ...stores,
    createSendingServer: createCreateSendingServer({ servers, seal, newId }),
    updateSendingServer: createUpdateSendingServer({ servers, seal }),
    verifySendingServer: createVerifySendingServer({ servers, probe, now }),
    activateSendingServer: createSwitchSendingServer({ servers }, 'ACTIVE'),
    deactivateSendingServer: createSwitchSendingServer({ servers }, 'INACTIVE'),
    createPool: createCreatePool({ ...stores, newId }),
    updatePool: createUpdatePool(stores),
    createApiKey: createCreateApiKey({ ...stores, newId, now }),
    revokeApiKey: createRevokeApiKey({ ...stores, now }),
  };
};
