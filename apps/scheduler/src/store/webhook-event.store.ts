/** The log as messages in PostgreSQL: messages and the position in the log move in one transaction. */
import type { Database, Sql } from '@sendpool/database';
import type { LogBounds, WebhookEventStore } from '../domain/record-webhook-events.ts';
import type { Subscriber } from '../domain/webhook-messages.ts';
import { addressesOf, storeMessages } from './tell-webhooks.ts';

/** The log ends before what was read of it: it was lost or made anew, and its offsets begin again. */
const followLostLog = [
  `update webhook_position set next_offset = bounds.first
   from unnest($2::smallint[], $3::bigint[], $4::bigint[]) as bounds (partition, first, next)
   where topic = $1 and webhook_position.partition = bounds.partition and next_offset > bounds.next`,
  `update webhook_start set first_offset = bounds.first
   from unnest($2::smallint[], $3::bigint[], $4::bigint[]) as bounds (partition, first, next)
   where topic = $1 and webhook_start.partition = bounds.partition and first_offset > bounds.next`,
] as const;

/** What lies before the first place at which a webhook begins is for nobody; a lane that came later is read from its beginning. */
const movedOn = `
  insert into webhook_position (topic, partition, next_offset)
  select $1, bounds.partition, greatest(bounds.first, (
    select min(coalesce(first_offset, 0)) from webhook
    left join webhook_start on webhook = id and topic = $1 and webhook_start.partition = bounds.partition where enabled))
  from unnest($2::smallint[], $3::bigint[], $4::bigint[]) as bounds (partition, first, next)
  on conflict (topic, partition) do update
  set next_offset = greatest(webhook_position.next_offset, excluded.next_offset)
  returning partition, next_offset as "offset"`;

const positions = async (tx: Sql, topic: string, bounds: readonly LogBounds[]): Promise<Map<number, number>> => {
  const values = [
    topic,
    bounds.map(({ partition }) => partition),
    bounds.map(({ first }) => first),
    bounds.map(({ next }) => next),
  ];
  for (const text of followLostLog) await tx.query(text, values);
  const rows = await tx.query<{ partition: number; offset: number }>(movedOn, values);
  return new Map(rows.map(({ partition, offset }) => [partition, offset]));
};

const movePosition = `
  update webhook_position set next_offset = $4 where topic = $1 and partition = $2 and next_offset = $3 returning topic`;

/** Held against deletion until the messages are there. */
const subscribers = `
  select id, events, campaign as "campaignId", coalesce(first_offset, 0)::bigint as "from" from webhook
  left join webhook_start on webhook = id and topic = $1 and partition = $2
  where enabled order by id for key share of webhook`;

export const createWebhookEventStore = (database: Pick<Database, 'transaction'>): WebhookEventStore => ({
  positions: (topic, bounds) => database.transaction((tx) => positions(tx, topic, bounds)),
  apply: ({ topic, partition, expected, next }, decide) =>
    database.transaction(async (tx) => {
      if ((await tx.query(movePosition, [topic, partition, expected, next])).length === 0) return 'MOVED';
      const work = decide(await tx.query<Subscriber>(subscribers, [topic, partition]));
      const messages = work.messages(await addressesOf(tx, work.keys));
      await storeMessages(tx, messages);
      return messages.length;
    }),
});
