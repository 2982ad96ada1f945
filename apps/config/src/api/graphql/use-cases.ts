/** What the resolvers call: the use cases of this service and the reading side of its stores. */
import type { ApiKey } from '../../domain/api-key.ts';
import type { CreateApiKeyInput, CreatedApiKey } from '../../domain/create-api-key.ts';
import type { CreatePoolInput } from '../../domain/create-pool.ts';
import type { CreateSendingServerInput } from '../../domain/create-sending-server.ts';
import type { Pool } from '../../domain/pool.ts';
import type { RestorePoolMemberInput } from '../../domain/restore-pool-member.ts';
import type { Result } from '../../domain/result.ts';
import type { SendingServer } from '../../domain/sending-server.ts';
import type { KeyStore, PoolStore, RotationStore, ServerStore } from '../../domain/stores.ts';
import type { UpdatePoolInput } from '../../domain/update-pool.ts';
import type { UpdateSendingServerInput } from '../../domain/update-sending-server.ts';

export type ServerUseCases = {
  servers: Pick<ServerStore, 'find' | 'page'>;
  createSendingServer(input: CreateSendingServerInput): Promise<Result<SendingServer>>;
  updateSendingServer(input: UpdateSendingServerInput): Promise<Result<SendingServer>>;
  verifySendingServer(id: string): Promise<Result<SendingServer>>;
  activateSendingServer(id: string): Promise<Result<SendingServer>>;
  deactivateSendingServer(id: string): Promise<Result<SendingServer>>;
  now(): Date;
};

export type PoolUseCases = {
  servers: Pick<ServerStore, 'find'>;
  pools: Pick<PoolStore, 'find' | 'page'>;
  createPool(input: CreatePoolInput): Promise<Result<Pool>>;
  rotations: Pick<RotationStore, 'page'>;
  updatePool(input: UpdatePoolInput): Promise<Result<Pool>>;
  restorePoolMember(input: RestorePoolMemberInput): Promise<Result<Pool>>;
  now(): Date;
};

export type KeyUseCases = {
  keys: Pick<KeyStore, 'page'>;
  createApiKey(input: CreateApiKeyInput): Promise<Result<CreatedApiKey>>;
  revokeApiKey(id: string): Promise<Result<ApiKey>>;
};

export type UseCases = ServerUseCases & PoolUseCases & KeyUseCases;
