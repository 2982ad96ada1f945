/** sendpool.api-key-uses.v1: when each API key was used last, told at most once a minute. Key = the key's id. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';

const apiKeyUseSchema = z.object({
  id: z.string(),
  /** Milliseconds since 1970. */
  at: z.number().int().min(0).max(8.64e15),
});
export type ApiKeyUse = z.infer<typeof apiKeyUseSchema>;

export const apiKeyUsesTopic = defineTopic({
  name: 'sendpool.api-key-uses.v1',
  cleanup: 'COMPACTED',
  partitions: 'ONE',
  value: apiKeyUseSchema,
});
