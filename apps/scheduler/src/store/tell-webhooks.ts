/** Messages for webhooks, written down in the transaction in which what they tell of happens. */
import type { Sql } from '@sendpool/database';
import { isId, newId } from '@sendpool/kernel';
import type { RecipientKey } from '../domain/record-store.ts';
import {
  addressKey,
  messagesFor,
  wantedKeys,
  type CampaignStep,
  type NewMessage,
  type Subscriber,
  type WebhookItem,
  type WebhookOutcome,
} from '../domain/webhook-messages.ts';

const largestInt = 2_147_483_647;

const addresses = `
  select campaign.id, recipient.seq, contact.email
  from unnest($1::uuid[], $2::int[]) as wanted (campaign, recipient)
  join campaign on campaign.id = wanted.campaign
  join recipient on recipient.campaign = campaign.number and recipient.seq = wanted.recipient
  join contact on contact.id = recipient.contact_id`;

/** An event may hold anything: what can be no recipient is not asked for. */
export const addressesOf = async (tx: Sql, keys: readonly RecipientKey[]): Promise<Map<string, string>> => {
  const sound = keys.filter(({ campaignId, recipient }) => isId(campaignId) && recipient <= largestInt);
  if (sound.length === 0) return new Map();
  const values = [sound.map(({ campaignId }) => campaignId), sound.map(({ recipient }) => recipient)];
  const rows = await tx.query<{ id: string; seq: number; email: string }>(addresses, values);
  return new Map(rows.map(({ id, seq, email }) => [addressKey({ campaignId: id, recipient: seq }), email]));
};

const insertMessages = `
  insert into webhook_delivery (id, webhook, body, event_count, at, next_at)
  select *, now(), now() from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[])`;

export const storeMessages = async (tx: Sql, messages: readonly NewMessage[]): Promise<void> => {
  if (messages.length === 0) return;
  await tx.query(insertMessages, [
    messages.map(() => newId()),
    messages.map(({ webhookId }) => webhookId),
    messages.map(({ body }) => body),
    messages.map(({ eventCount }) => eventCount),
  ]);
};

/** Held against deletion until the messages are there. */
const enabled = `
  select id, events, campaign as "campaignId", 0 as "from" from webhook where enabled order by id for key share`;

const tell = async (tx: Sql, items: readonly WebhookItem[]): Promise<void> => {
  if (items.length === 0) return;
  const subscribers = await tx.query<Subscriber>(enabled);
  if (subscribers.length === 0) return;
  const addresses = await addressesOf(tx, wantedKeys(items, subscribers));
  await storeMessages(tx, messagesFor(items, subscribers, { addresses, now: new Date() }));
};

/** Of ends of recipients that no record of the log tells. */
export const tellEnds = (tx: Sql, ends: readonly WebhookOutcome[]): Promise<void> =>
  tell(
    tx,
    ends.map((event) => ({ kind: 'OUTCOME', offset: 0, event })),
  );

const steps = `
  select id, name, status, revision, paused_reason as "pausedReason" from campaign where number = any($1::int[]) order by number`;

/** Of the status that these campaigns have now, under the revision that brought it. */
export const tellStatus = async (tx: Sql, campaigns: readonly number[]): Promise<void> => {
  if (campaigns.length === 0) return;
  const rows = await tx.query<CampaignStep>(steps, [campaigns]);
  await tell(
    tx,
    rows.map((campaign) => ({ kind: 'CAMPAIGN', offset: 0, campaign })),
  );
};
