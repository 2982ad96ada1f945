/** Messages to webhooks in PostgreSQL: what is due, what became of it, and the log of seven days. */
import type { Database, Sql } from '@sendpool/database';
import { maxCounted } from '../domain/audience.ts';
import type { DueMessage, DueStore } from '../domain/send-webhooks.ts';
import {
  maxReplayed,
  type DeliveryPage,
  type ReplayChoice,
  type WebhookDelivery,
  type WebhookHealth,
  type WebhookLog,
  type WebhookWaiting,
} from '../domain/webhook.ts';
import { webhookOf, type WebhookRow } from './webhook-row.ts';

/** Longer than a try takes; then whoever claimed it is taken for dead. */
const claim = `interval '30 seconds'`;

const claimDue = `
  with due as materialized (
    select message.id from webhook
    left join unnest($1::uuid[], $2::int[]) as busy (webhook, count) on busy.webhook = webhook.id
    cross join lateral (
      select id from webhook_delivery where webhook = webhook.id and state = 'PENDING' and next_at <= now()
      order by next_at
      limit greatest(case when failing_since is null then $3 else 1 end - coalesce(busy.count, 0), 0)
      for update skip locked
    ) message
    where enabled and (held_until is null or held_until <= now())
  )
  update webhook_delivery set attempts = attempts + 1, next_at = now() + ${claim}
  from due, webhook where webhook_delivery.id = due.id and webhook.id = webhook_delivery.webhook
  returning webhook_delivery.id as message, attempts, body, webhook.id, url, secret, previous_secret, previous_until`;

type DueRow = WebhookRow & { message: string; attempts: number; body: string };

const dueOf = (row: DueRow): DueMessage => ({
  id: row.message,
  attempts: row.attempts,
  body: row.body,
  webhook: webhookOf(row),
});

const settleMessage = `
  update webhook_delivery set state = $3, next_at = now() + $4::float8 * interval '1 millisecond', last_status = $5, last_answer = $6
  where id = $1 and attempts = $2 and state = 'PENDING' returning id`;

const states = { DELIVERED: 'DELIVERED', FAILED: 'FAILED', RETRY: 'PENDING' } as const;

const lockHealth = `
  select enabled, disabled_reason as "disabledReason", failing_since as "failingSince", last_error as "lastError",
    held_until as "heldUntil" from webhook where id = $1 for no key update`;

const saveHealth = `
  update webhook set enabled = $2, disabled_reason = $3, failing_since = $4, last_error = $5, held_until = $6,
    revision = revision + (enabled <> $2)::int where id = $1`;

/** A success after a success changes nothing, and locks nothing. */
const isSick = `select from webhook where id = $1 and failing_since is not null`;

const settleHealth = async (
  tx: Sql,
  webhookId: string,
  { isGood, health }: { isGood: boolean; health(before: WebhookHealth): WebhookHealth },
): Promise<void> => {
  if (isGood && (await tx.query(isSick, [webhookId])).length === 0) return;
  const [before] = await tx.query<WebhookHealth>(lockHealth, [webhookId]);
  if (before === undefined) return;
  const { enabled, disabledReason, failingSince, lastError, heldUntil } = health(before);
  await tx.query(saveHealth, [webhookId, enabled, disabledReason, failingSince, lastError, heldUntil]);
};

const settle = async (tx: Sql, message: DueMessage, result: Parameters<DueStore['settle']>[1]): Promise<void> => {
  const { attempt, after, health } = result;
  const delay = after.kind === 'RETRY' ? after.delayMs : null;
  const values = [message.id, message.attempts, states[after.kind], delay, attempt.status, attempt.text];
  // Somebody else has claimed it meanwhile, or it was replayed or deleted: that is the newer truth.
  if ((await tx.query(settleMessage, values)).length === 0) return;
  await settleHealth(tx, message.webhook.id, { isGood: after.kind === 'DELIVERED', health });
};

const pageColumns = `webhook_delivery.id, at as "createdAt", state, attempts, next_at as "nextAttemptAt", last_status as "lastHttpStatus",
  last_answer as "lastAnswer", event_count as "eventCount"`;

/** Each list has its own text, and so a plan by its own index. */
const inState = (state: WebhookDelivery['state'] | null, parameter: string): string =>
  state === null ? `${parameter}::text is null` : `state = ${parameter}`;

/** One walk of each webhook, by its own index. */
const pageOf = (state: WebhookDelivery['state'] | null): string => `
  select webhook.id as "webhookId", page.* from webhook
  cross join lateral (
    select ${pageColumns} from webhook_delivery
    where webhook = webhook.id and ($2::uuid is null or webhook_delivery.id < $2) and ${inState(state, '$3')}
    order by webhook_delivery.id desc limit $4
  ) page
  where webhook.id = any($1::uuid[]) order by webhook.id, page.id desc`;

const page = async (
  sql: Sql,
  webhookIds: readonly string[],
  { state, first, after }: DeliveryPage,
): Promise<Map<string, WebhookDelivery[]>> => {
  const values = [webhookIds, after, state, first + 1];
  const rows = await sql.query<WebhookDelivery & { webhookId: string }>(pageOf(state), values);
  return Map.groupBy(rows, ({ webhookId }) => webhookId);
};

/** Of each webhook no more are looked at than are told. */
const countsOf = (state: WebhookDelivery['state'] | null): string => `
  select webhook.id, nullif(found.count, ${maxCounted + 1}) as count from webhook
  cross join lateral (
    select count(*)::int as count from (
      select from webhook_delivery where webhook = webhook.id and ${inState(state, '$2')} limit ${maxCounted + 1}
    ) few
  ) found
  where webhook.id = any($1::uuid[])`;

const chosen = `webhook = $1 and state <> 'PENDING'
  and case when $2::uuid[] is null then at >= $3 and at < $4 else id = any($2) end`;

const countChosen = `select from webhook_delivery where ${chosen} limit ${maxReplayed + 1}`;
const replayChosen = `
  update webhook_delivery set state = 'PENDING', attempts = 0, next_at = now() where ${chosen} returning id`;

const replay = async (tx: Sql, webhookId: string, choice: ReplayChoice): Promise<number | 'TOO_MANY'> => {
  const values =
    'deliveryIds' in choice ? [webhookId, choice.deliveryIds, null, null] : [webhookId, null, choice.from, choice.to];
  if ((await tx.query(countChosen, values)).length > maxReplayed) return 'TOO_MANY';
  return (await tx.query(replayChosen, values)).length;
};

/** Of each webhook no more are looked at. */
const maxMeasured = 100_000;

const measure = `
  select coalesce(sum(found.waiting), 0)::int as waiting, coalesce(sum(found.due) filter (where answers), 0)::int as due,
    coalesce(extract(epoch from now() - min(found.oldest) filter (where answers)), 0)::float8 as "oldestSeconds"
  from (
    select id, failing_since is null and (held_until is null or held_until <= now()) as answers from webhook where enabled
  ) webhook
  cross join lateral (
    select count(*) as waiting, count(*) filter (where next_at <= now()) as due,
      min(next_at) filter (where next_at <= now()) as oldest
    from (
      select next_at from webhook_delivery where webhook = webhook.id and state = 'PENDING'
      order by next_at limit ${maxMeasured}
    ) few
  ) found`;

/** Rows in one step: short enough to hold up nothing. */
const step = 1000;

const sweepOld = `
  delete from webhook_delivery where id in (
    select id from webhook_delivery where at < now() - interval '7 days' order by at limit ${step} for update skip locked
  ) returning id`;

const sweepRemoved = `
  delete from webhook_delivery where id in (
    select id from webhook_removed join webhook_delivery on webhook_delivery.webhook = webhook_removed.webhook
    limit ${step} for update of webhook_delivery skip locked
  ) returning id`;

const forgetRemoved = `
  delete from webhook_removed where not exists (
    select from webhook_delivery where webhook_delivery.webhook = webhook_removed.webhook)`;

const sweep = async (sql: Sql): Promise<boolean> => {
  const old = await sql.query(sweepOld);
  const removed = await sql.query(sweepRemoved);
  if (removed.length < step) await sql.query(forgetRemoved);
  return old.length === step || removed.length === step;
};

export const createWebhookDeliveryStore = (
  database: Pick<Database, 'sql' | 'transaction'>,
): DueStore & WebhookLog & { sweep(): Promise<boolean>; waiting(): Promise<WebhookWaiting> } => ({
  claim: async (busy, perWebhook) => {
    const rows = await database.sql.query<DueRow>(claimDue, [[...busy.keys()], [...busy.values()], perWebhook]);
    return rows.map(dueOf);
  },
  settle: (message, result) => database.transaction((tx) => settle(tx, message, result)),
  page: (webhookIds, asked) => page(database.sql, webhookIds, asked),
  counts: async (webhookIds, state) => {
    const rows = await database.sql.query<{ id: string; count: number | null }>(countsOf(state), [webhookIds, state]);
    return new Map(rows.map(({ id, count }) => [id, count]));
  },
  replay: (webhookId, choice) => database.transaction((tx) => replay(tx, webhookId, choice)),
  waiting: async () => (await database.sql.query<WebhookWaiting>(measure))[0]!,
  /** Deletes one step of what is older than seven days, or whose webhook is gone; true when there is more. */
  sweep: () => sweep(database.sql),
});
