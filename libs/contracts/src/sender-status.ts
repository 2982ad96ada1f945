/** sendpool.sender-status.v1: how each server looks from each sender, once a second. Key = `<source>:<server id>`. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { breakerStates } from './words.ts';

const fromSender = z.object({
  type: z.literal('SENDER'),
  /** Id of the sender process. */
  source: z.string(),
  serverId: z.string(),
  at: z.number(),
  /** Messages that have been given to this server and wait for a connection. */
  queued: z.number().int(),
  /** Messages whose conversation runs. */
  inFlight: z.number().int(),
  connections: z.number().int(),
  /** Connections that this sender may hold: its part of the cap. */
  connectionShare: z.number().int().default(0),
  /** Of these the ones it plans with now: fewer after 421 and connection errors, more again after successes. */
  connectionPlan: z.number().int().default(0),
  /** Factor on its rate after "slow down" replies: 1 = none. */
  rateFactor: z.number().default(1),
  /** The declared limit that holds messages back now, as in `messagesPerDay`; null = none. */
  limitedBy: z.string().nullable().default(null),
  breaker: z.enum(breakerStates),
  /** When an open breaker probes next. */
  breakerUntil: z.number().nullable(),
  lastError: z.string().nullable(),
  /** Messages moved away from this server to another one since the process began. */
  failovers: z.number().int(),
});

/** The scheduler knows how many deferred messages wait to be tried again at a server. */
const fromScheduler = z.object({
  type: z.literal('SCHEDULER'),
  source: z.string(),
  serverId: z.string(),
  at: z.number(),
  deferredWaiting: z.number().int(),
});

const senderStatusSchema = z.discriminatedUnion('type', [fromSender, fromScheduler]);
export type SenderStatus = z.infer<typeof fromSender>;
export type DeferredStatus = z.infer<typeof fromScheduler>;
export type ServerStatus = z.infer<typeof senderStatusSchema>;

export const senderStatusTopic = defineTopic({
  name: 'sendpool.sender-status.v1',
  cleanup: 'DELETED',
  retentionMs: 3_600_000,
  partitions: 'ONE',
  value: senderStatusSchema,
});
