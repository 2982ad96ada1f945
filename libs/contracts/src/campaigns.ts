/** sendpool.campaigns.v1: content, pool and status of each campaign that has been started. Key = campaign id. */
import { z } from 'zod';
import { defineTopic } from './topic.ts';
import { campaignStatuses, unknownPolicies } from './words.ts';

const campaignSchema = z.object({
  id: z.string(),
  /** Grows with each change of content or status. */
  revision: z.number().int(),
  status: z.enum(campaignStatuses),
  poolId: z.string(),
  unknownPolicy: z.enum(unknownPolicies),
  from: z.object({ name: z.string(), address: z.string() }),
  replyTo: z.string().nullable(),
  /** Liquid templates; fields of the contact are the variables, `email` among them. */
  subject: z.string(),
  html: z.string().nullable(),
  text: z.string().nullable(),
});
export type CampaignRecord = z.infer<typeof campaignSchema>;

export const campaignsTopic = defineTopic({
  name: 'sendpool.campaigns.v1',
  cleanup: 'COMPACTED',
  partitions: 'ONE',
  value: campaignSchema,
});
