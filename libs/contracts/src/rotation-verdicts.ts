/** sendpool.rotation-verdicts.v1: what stats finds about the bounces of a server in a pool, with the evidence. Key = pool id + server id. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { rotateOutRules, verdictKinds } from './words.ts';

const month = 30 * 24 * 3_600_000;

const evidenceSchema = z.object({
  rule: z.enum(rotateOutRules),
  /** Own sends looked at, the newest ones: accepted and bounced. */
  window: z.number().int(),
  sends: z.number().int(),
  bounced: z.number().int(),
  /** bounced / sends, 0 to 1. */
  rate: z.number(),
  /** Wilson lower bound of the rate. */
  lowerBound: z.number(),
  /** Smallest rate that would be significant over this many sends. */
  needed: z.number(),
  /** Bounce rate of the other members; null when there is none that sends. */
  restRate: z.number().nullable(),
  /** Two-proportion z against the rest; null when there is none. */
  z: z.number().nullable(),
});
export type RotationEvidence = z.infer<typeof evidenceSchema>;

const rotationVerdictSchema = z.object({
  /** The same for the same finding, however often it is written. */
  id: z.string(),
  kind: z.enum(verdictKinds),
  poolId: z.string(),
  /** Null: about the pool as a whole. */
  serverId: z.string().nullable(),
  /** Of BAD_LIST: the campaigns that sent what bounced. */
  campaignIds: z.array(z.string()),
  at: z.number(),
  evidence: evidenceSchema,
  /** The finding in words, for people. */
  words: z.string(),
});
export type RotationVerdict = z.infer<typeof rotationVerdictSchema>;

export const rotationVerdictsTopic = defineTopic({
  name: 'sendpool.rotation-verdicts.v1',
  cleanup: 'DELETED',
  retentionMs: month,
  partitions: 'ONE',
  value: rotationVerdictSchema,
});
