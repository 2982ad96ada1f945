/** sendpool.send-requests.v1: one record for each publication; the partition is the lane. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';

const week = 7 * 24 * 3_600_000;

/** (lane, sequence) is the identity of the publication; sequences of a lane are dense, grow, and are never used again. */
const send = z.object({
  type: z.literal('SEND'),
  lane: z.number().int(),
  sequence: z.number().int(),
  campaignId: z.string(),
  /** The sender waits until it has seen this revision of the campaign. */
  campaignRevision: z.number().int(),
  /** Number of the recipient within its campaign. */
  recipient: z.number().int(),
  email: z.string(),
  /** Merge fields: a JSON object as text, parsed only when the message is rendered. */
  fields: z.string(),
  /** 1 for the first try. */
  tryNumber: z.number().int(),
  /** The server that deferred the last try: preferred again (greylisting), when it is eligible. */
  serverHint: z.string().nullable(),
  /** Of a message that is traced: the span of its publication (W3C traceparent). */
  trace: z.string().optional(),
});

/** Written after a restore of PostgreSQL: every sequence up to it counts as given out (design rule 9). */
const fence = z.object({ type: z.literal('FENCE'), lane: z.number().int(), sequence: z.number().int() });

const sendRequestSchema = z.discriminatedUnion('type', [send, fence]);
export type SendRequest = z.infer<typeof send>;
export type FenceRecord = z.infer<typeof fence>;
export type SendRequestRecord = z.infer<typeof sendRequestSchema>;

export const sendRequestsTopic = defineTopic({
  name: 'sendpool.send-requests.v1',
  cleanup: 'DELETED',
  retentionMs: week,
  partitions: 'LANES',
  value: sendRequestSchema,
});
