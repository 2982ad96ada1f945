/** sendpool.api-keys.v1: who may come in; hashes only. Key = the key's id. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { roles } from './words.ts';

const apiKeySchema = z.object({
  id: z.string(),
  revision: z.number().int(),
  name: z.string(),
  role: z.enum(roles),
  /** SHA-256 of the whole key text, hex. */
  hash: z.string(),
  expiresAt: z.number().nullable(),
  revoked: z.boolean(),
});
export type ApiKeyRecord = z.infer<typeof apiKeySchema>;

export const apiKeysTopic = defineTopic({
  name: 'sendpool.api-keys.v1',
  cleanup: 'COMPACTED',
  partitions: 'ONE',
  value: apiKeySchema,
});
