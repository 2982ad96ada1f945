/** Who asks: what the gateway tells the services behind it, signed, about the key of a request. */
import { z } from 'zod';
import { roles } from './words.ts';

export const actorSchema = z.object({
  keyId: z.string().min(1).max(100),
  role: z.enum(roles),
  /** Of the holder of a token: when it ends, milliseconds since 1970. Of an API key config knows it. */
  expiresAt: z.number().optional(),
  /** Names one request in the logs of every service it passes. */
  requestId: z.string().min(1).max(100),
});
export type Actor = z.infer<typeof actorSchema>;
