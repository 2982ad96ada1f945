/** Webhooks in PostgreSQL. */
import { countRows, isUniqueViolation, type Database, type Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { done, refuse, type Result } from '../domain/refusal.ts';
import {
  maxWebhooks,
  unknownWebhook,
  type LogPlace,
  type Webhook,
  type WebhookChange,
  type WebhookStore,
} from '../domain/webhook.ts';
import { valuesOfWebhook, webhookColumns, webhookOf, type WebhookRow } from './webhook-row.ts';

const columns = webhookColumns.join(', ');
const parameters = webhookColumns.map((_, index) => `$${index + 1}`).join(', ');

const insertWebhook = `
  insert into webhook (${columns}) select ${parameters} where (select count(*) from webhook) < ${maxWebhooks} returning id`;
const saveWebhook = `update webhook set (${columns}) = (${parameters}) where id = $1`;

const beginAt = `
  insert into webhook_start (webhook, topic, partition, first_offset)
  select $1, * from unnest($2::text[], $3::smallint[], $4::bigint[])`;

const saveStarts = async (tx: Sql, id: string, from: readonly LogPlace[]): Promise<void> => {
  await tx.query('delete from webhook_start where webhook = $1', [id]);
  await tx.query(beginAt, [
    id,
    from.map(({ topic }) => topic),
    from.map(({ partition }) => partition),
    from.map(({ offset }) => offset),
  ]);
};

const insert = async (database: WebhookDatabase, webhook: Webhook, from: readonly LogPlace[]) => {
  try {
    return await database.transaction(async (tx) => {
      if ((await tx.query(insertWebhook, valuesOfWebhook(webhook))).length === 0) return 'FULL';
      await saveStarts(tx, webhook.id, from);
      return 'INSERTED';
    });
  } catch (error) {
    if (isUniqueViolation(error, 'webhook_name')) return 'TAKEN';
    throw error;
  }
};

const find = async (sql: Sql, id: string, lock: '' | ' for no key update' = ''): Promise<Webhook | undefined> => {
  if (!isId(id)) return undefined;
  const [row] = await sql.query<WebhookRow>(`select ${columns} from webhook where id = $1${lock}`, [id]);
  return row === undefined ? undefined : webhookOf(row);
};

const change = async (
  tx: Sql,
  id: string,
  decide: (webhook: Webhook) => Result<WebhookChange>,
): Promise<Result<Webhook>> => {
  const before = await find(tx, id, ' for no key update');
  if (before === undefined) return refuse(unknownWebhook);
  const decision = decide(before);
  if (!decision.ok) return decision;
  const { webhook, from } = decision.value;
  const next = { ...webhook, revision: before.revision + 1 };
  await tx.query(saveWebhook, valuesOfWebhook(next));
  if (from !== undefined) await saveStarts(tx, id, from);
  return done(next);
};

const changeOnce = async (
  database: WebhookDatabase,
  id: string,
  decide: (webhook: Webhook) => Result<WebhookChange>,
): Promise<Result<Webhook>> => {
  try {
    return await database.transaction((tx) => change(tx, id, decide));
  } catch (error) {
    if (!isUniqueViolation(error, 'webhook_name')) throw error;
    return refuse({ code: 'CONFLICT', message: 'another webhook has this name', path: ['input', 'name'] });
  }
};

/** Whoever stores messages for it holds its row meanwhile. */
const remove = `
  with gone as (delete from webhook where id = $1 returning id)
  insert into webhook_removed (webhook) select id from gone returning webhook`;

type WebhookDatabase = Pick<Database, 'sql' | 'transaction'>;

export const createWebhookStore = (
  database: WebhookDatabase,
): WebhookStore & { hasEnabled(): Promise<boolean>; all(): Promise<Webhook[]> } => ({
  insert: (webhook, from) => insert(database, webhook, from),
  find: (id) => find(database.sql, id),
  page: async ({ first, after }) => {
    const text = `select ${columns} from webhook where $1::uuid is null or id > $1 order by id limit $2`;
    return (await database.sql.query<WebhookRow>(text, [after, first + 1])).map(webhookOf);
  },
  count: () => countRows(database.sql, 'webhook'),
  change: (id, decide) => changeOnce(database, id, decide),
  remove: async (id) => isId(id) && (await database.sql.query(remove, [id])).length > 0,
  hasEnabled: async () => (await database.sql.query('select from webhook where enabled limit 1')).length > 0,
  all: async () => (await database.sql.query<WebhookRow>(`select ${columns} from webhook order by id`)).map(webhookOf),
});
