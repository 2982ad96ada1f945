/** The log as messages in PostgreSQL: messages and the position in the log move in one transaction. */
import type { Database, Sql } from '@sendpool/database';
import { isId, newId } from '@sendpool/kernel';
import type { RecipientKey } from '../domain/record-store.ts';
import type { LogBounds, WebhookEventStore } from '../domain/record-webhook-events.ts';
import { addressKey, type NewMessage, type Subscriber } from '../domain/webhook-messages.ts';

const largestInt = 2_147_483_647;

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

const addresses = `
  select campaign.id, recipient.seq, contact.email
  from unnest($1::uuid[], $2::int[]) as wanted (campaign, recipient)
  join campaign on campaign.id = wanted.campaign
  join recipient on recipient.campaign = campaign.number and recipient.seq = wanted.recipient
  join contact on contact.id = recipient.contact_id`;

/** An event may hold anything: what can be no recipient is not asked for. */
const addressesOf = async (tx: Sql, keys: readonly RecipientKey[]): Promise<Map<string, string>> => {
  const sound = keys.filter(({ campaignId, recipient }) => isId(campaignId) && recipient <= largestInt);
  if (sound.length === 0) return new Map();
  const values = [sound.map(({ campaignId }) => campaignId), sound.map(({ recipient }) => recipient)];
  const rows = await tx.query<{ id: string; seq: number; email: string }>(addresses, values);
  return new Map(rows.map(({ id, seq, email }) => [addressKey({ campaignId: id, recipient: seq }), email]));
};

const insertMessages = `
  insert into webhook_delivery (id, webhook, body, event_count, at, next_at)
  select *, now(), now() from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[])`;

const store = async (tx: Sql, messages: readonly NewMessage[]): Promise<void> => {
  if (messages.length === 0) return;
  await tx.query(insertMessages, [
    messages.map(() => newId()),
    messages.map(({ webhookId }) => webhookId),
    messages.map(({ body }) => body),
    messages.map(({ eventCount }) => eventCount),
  ]);
};

export const createWebhookEventStore = (database: Pick<Database, 'transaction'>): WebhookEventStore => ({
  positions: (topic, bounds) => database.transaction((tx) => positions(tx, topic, bounds)),
  apply: ({ topic, partition, expected, next }, decide) =>
    database.transaction(async (tx) => {
      if ((await tx.query(movePosition, [topic, partition, expected, next])).length === 0) return 'MOVED';
      const work = decide(await tx.query<Subscriber>(subscribers, [topic, partition]));
      const messages = work.messages(await addressesOf(tx, work.keys));
      await store(tx, messages);
      return messages.length;
    }),
});
