/** Puts the use cases together. */
import { newId } from '@sendpool/kernel';
import type { UseCases } from './api/graphql/use-cases.ts';
import { createCreateApiKey } from './domain/create-api-key.ts';
import { createCreatePool } from './domain/create-pool.ts';
import { createCreateSendingServer, type SealPassword } from './domain/create-sending-server.ts';
import { createRestorePoolMember } from './domain/restore-pool-member.ts';
import { createRevokeApiKey } from './domain/revoke-api-key.ts';
import type { KeyStore, PoolStore, RotationStore, ServerStore } from './domain/stores.ts';
import { createSwitchSendingServer } from './domain/switch-sending-server.ts';
import { createUpdatePool } from './domain/update-pool.ts';
import { createUpdateSendingServer } from './domain/update-sending-server.ts';
import { createVerifySendingServer, type VerifySendingServerDeps } from './domain/verify-sending-server.ts';

type Stores = { servers: ServerStore; pools: PoolStore; keys: KeyStore; rotations: RotationStore };

export type UseCaseDeps = Stores & { seal: SealPassword; probe: VerifySendingServerDeps['probe'] };

const now = (): Date => new Date();

export const createUseCases = ({ seal, probe, ...stores }: UseCaseDeps): UseCases => {
  const { servers, pools } = stores;
  return {
    ...stores,
    now,
    createSendingServer: createCreateSendingServer({ servers, seal, newId, now }),
    updateSendingServer: createUpdateSendingServer({ servers, seal, now }),
    verifySendingServer: createVerifySendingServer({ servers, probe, now }),
    activateSendingServer: createSwitchSendingServer({ servers }, 'ACTIVE'),
    deactivateSendingServer: createSwitchSendingServer({ servers }, 'INACTIVE'),
    createPool: createCreatePool({ ...stores, newId }),
    updatePool: createUpdatePool({ ...stores, now: () => Date.now() }),
    restorePoolMember: createRestorePoolMember({ pools, now }),
    createApiKey: createCreateApiKey({ ...stores, newId, now }),
    revokeApiKey: createRevokeApiKey({ ...stores, now }),
  };
};
