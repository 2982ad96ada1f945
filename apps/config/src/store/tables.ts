/** The tables and migrations of this service, as the database wants them. */
import { apiKeyEntity } from './api-key.entity.ts';
import { CreateTables1795478400000 } from './migrations/1795478400000-create-tables.ts';
import { DeliveryEngine1795532400000 } from './migrations/1795532400000-delivery-engine.ts';
import { ApiKeyLastUsed1795550400000 } from './migrations/1795550400000-api-key-last-used.ts';
import { Idempotency1795557600000 } from './migrations/1795557600000-idempotency.ts';
import { Deletion1795564800000 } from './migrations/1795564800000-deletion.ts';
import { poolEntity } from './pool.entity.ts';
import { sendingServerEntity } from './sending-server.entity.ts';

export const schema = 'config';
export const entities = [sendingServerEntity, poolEntity, apiKeyEntity];
export const migrations = [
  CreateTables1795478400000,
  DeliveryEngine1795532400000,
  ApiKeyLastUsed1795550400000,
  Idempotency1795557600000,
  Deletion1795564800000,
];
