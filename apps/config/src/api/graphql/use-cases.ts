/** What the resolvers call: the use cases of this service and the reading side of its stores. */
import type { Once } from '@sendpool/contracts';
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

/** Those that may come with an idempotency key. */
export type CreateUseCases = {
  createSendingServer(input: CreateSendingServerInput): Promise<Result<SendingServer>>;
  createPool(input: CreatePoolInput): Promise<Result<Pool>>;
  createApiKey(input: CreateApiKeyInput): Promise<Result<CreatedApiKey>>;
};

export type ServerUseCases = {
  once: Once<CreateUseCases>;
  servers: Pick<ServerStore, 'find' | 'page' | 'count'>;
  updateSendingServer(input: UpdateSendingServerInput): Promise<Result<SendingServer>>;
  verifySendingServer(id: string): Promise<Result<SendingServer>>;
  activateSendingServer(id: string): Promise<Result<SendingServer>>;
  deactivateSendingServer(id: string): Promise<Result<SendingServer>>;
  deleteSendingServer(id: string): Promise<Result<SendingServer>>;
  now(): Date;
};

export type PoolUseCases = {
  once: Once<CreateUseCases>;
  servers: Pick<ServerStore, 'find'>;
  pools: Pick<PoolStore, 'find' | 'page' | 'count'>;
  rotations: Pick<RotationStore, 'page' | 'counts'>;
  updatePool(input: UpdatePoolInput): Promise<Result<Pool>>;
  deletePool(id: string): Promise<Result<Pool>>;
  restorePoolMember(input: RestorePoolMemberInput): Promise<Result<Pool>>;
  now(): Date;
};

export type KeyUseCases = {
  once: Once<CreateUseCases>;
  keys: Pick<KeyStore, 'find' | 'page' | 'count'>;
  revokeApiKey(id: string): Promise<Result<ApiKey>>;
};

export type UseCases = ServerUseCases & PoolUseCases & KeyUseCases;
