/** sendpool.server-usage.v1: what each server has sent today, as stats has counted it. Key = server id. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';

const serverUsageSchema = z.object({
  serverId: z.string(),
  /** Start of the day in UTC, milliseconds since 1970. */
  day: z.number(),
  /** Every message of the day whose event is older than this has been counted. Milliseconds since 1970. */
  countedUntil: z.number(),
  /** Messages that reached the server on this day: accepted, bounced, deferred and unknown. */
  attempted: z.number().int(),
  byProvider: z.record(z.string(), z.number().int()),
});
export type ServerUsage = z.infer<typeof serverUsageSchema>;

export const serverUsageTopic = defineTopic({
  name: 'sendpool.server-usage.v1',
  cleanup: 'COMPACTED',
  partitions: 'ONE',
  value: serverUsageSchema,
});
