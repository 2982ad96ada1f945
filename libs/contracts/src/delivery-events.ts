/** sendpool.delivery-events.v1: what became of each publication; the partition is the lane. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { bounceClasses, outcomes, smtpStages } from './words.ts';

const week = 7 * 24 * 3_600_000;

const reply = z.object({
  /** Basic reply code (RFC 5321), 0 when there was none. */
  code: z.number().int(),
  /** Enhanced status code (RFC 3463), as in `5.1.1`. */
  enhanced: z.string().nullable(),
  /** First 200 characters. */
  text: z.string(),
});

const outcome = z.object({
  type: z.literal('OUTCOME'),
  lane: z.number().int(),
  sequence: z.number().int(),
  campaignId: z.string(),
  recipient: z.number().int(),
  tryNumber: z.number().int(),
  outcome: z.enum(outcomes),
  /** Wall clock of the sender, milliseconds since 1970. */
  at: z.number(),
  poolId: z.string().nullable(),
  /** The server that gave the outcome; null when none was tried. */
  serverId: z.string().nullable(),
  /** Mailbox provider of the recipient: gmail, microsoft, yahoo, …, other. */
  provider: z.string(),
  reply: reply.nullable(),
  bounceClass: z.enum(bounceClasses).nullable(),
  /** Line of the table of replies that said so, so that it can be classed anew later. */
  rule: z.string().optional(),
  /** The reply asked to come back after so many milliseconds, or a limit is likely to let a RELEASED message go then. */
  retryAfterMs: z.number().int().nonnegative().optional(),
  /** Name that the next server gave the message (SES MessageId), by which later feedback names it. */
  remoteId: z.string().optional(),
  /** Short machine word: why RELEASED, CANCELLED, UNKNOWN or BOUNCED. */
  reason: z.string().nullable(),
  /** Servers that failed before this one in the same publication. */
  hops: z.array(z.object({ serverId: z.string(), stage: z.enum(smtpStages), error: z.string() })),
  /** Milliseconds from MAIL to the last reply; null when nothing was tried. */
  latencyMs: z.number().nullable(),
  /** Of a message that is traced: the sender's span (W3C traceparent). */
  trace: z.string().optional(),
});

/** The lane jumped: sequences `from` to `to` (both included) were never received. Reported before it is passed. */
const gap = z.object({
  type: z.literal('GAP'),
  lane: z.number().int(),
  from: z.number().int(),
  to: z.number().int(),
  at: z.number(),
});

/** The ledger of the lane was lost: every sequence up to `upTo` that has no outcome is in doubt. */
const lost = z.object({ type: z.literal('LOST'), lane: z.number().int(), upTo: z.number().int(), at: z.number() });

const deliveryEventSchema = z.discriminatedUnion('type', [outcome, gap, lost]);
export type OutcomeEvent = z.infer<typeof outcome>;
export type GapEvent = z.infer<typeof gap>;
export type LostEvent = z.infer<typeof lost>;
export type DeliveryEvent = z.infer<typeof deliveryEventSchema>;
export type SmtpReply = z.infer<typeof reply>;

export const deliveryEventsTopic = defineTopic({
  name: 'sendpool.delivery-events.v1',
  cleanup: 'DELETED',
  retentionMs: week,
  partitions: 'LANES',
  value: deliveryEventSchema,
});
