/** Imports of contacts in PostgreSQL: each chunk with its counts, its errors and how far the file is settled, in one transaction. */
import type { Database, Sql } from '@sendpool/database';
import { AppError, isId } from '@sendpool/kernel';
import type {
  ContactImport,
  ImportChunk,
  ImportOrder,
  ImportRun,
  ImportStore,
  SeenContacts,
} from '../domain/contact-import.ts';
import type { RowError } from '../domain/contact-row.ts';
import { conflict, done, notFound, refuse } from '../domain/refusal.ts';
import { begunOf, importColumns, importOf, type ImportRow } from './contact-import-row.ts';
import { contactIds, upsertContacts, type Upserted } from './upsert-contacts.ts';

/** Errors of one import that can be read; the others are only counted. */
const keptErrors = 100_000;

/** An import that settles nothing for so long was given up: its process is gone, or its client. */
const silence = `interval '2 minutes'`;

/** One that broke off is taken up again; one that runs, or is DONE, is left alone. The audience of a test takes no more contacts. */
const insert = `
  insert into contact_import (id, audience, actor, idempotency_key, state, at, touched_at)
  select $1, audience.number, $3, $4, 'RUNNING', now(), now() from audience where audience.id = $2 and not audience.of_test
  on conflict (audience, actor, idempotency_key) do update
    set state = 'RUNNING', attempt = contact_import.attempt + 1, failure = null, finished_at = null, touched_at = now()
    where contact_import.state = 'FAILED' or contact_import.state = 'RUNNING' and contact_import.touched_at < now() - ${silence}
  returning id`;

const byKey = `
  select ${importColumns} from contact_import join audience on audience.number = contact_import.audience
  where audience.id = $1 and contact_import.actor = $2 and contact_import.idempotency_key = $3`;

const byId = `
  select ${importColumns} from contact_import join audience on audience.number = contact_import.audience
  where contact_import.id = any($1::uuid[])`;

const running = conflict('an upload with this key is running: wait for its end', ['Idempotency-Key']);

const begin = async (sql: Sql, order: ImportOrder): ReturnType<ImportStore['begin']> => {
  if (!isId(order.audienceId)) return refuse(notFound('audience'));
  const { id, audienceId, actor, idempotencyKey } = order;
  const [taken] = await sql.query<{ id: string }>(insert, [id, audienceId, actor, idempotencyKey]);
  if (taken !== undefined) return done(begunOf((await sql.query<ImportRow>(byId, [[taken.id]]))[0]!));
  const [other] = await sql.query<ImportRow>(byKey, [audienceId, actor, idempotencyKey]);
  if (other === undefined) return refuse(notFound('audience'));
  return other.state === 'DONE' ? done(begunOf(other)) : refuse(running);
};

const lost = (): AppError =>
  new AppError('CONFLICT', 'the import was given up for its silence, or is in the hands of another upload');

/** Whose row it is until the transaction ends. */
const own = async (tx: Sql, { number, attempt }: ImportRun): Promise<{ audience: number; rejected: number }> => {
  const text = `
    select audience, rejected from contact_import where number = $1 and attempt = $2 and state = 'RUNNING' for no key update`;
  const [row] = await tx.query<{ audience: number; rejected: number }>(text, [number, attempt]);
  if (row === undefined) throw lost();
  return row;
};

const countOf = ({ added, changed, same }: Upserted, seen: SeenContacts) => {
  const first = (ids: readonly number[]): number => ids.filter((id) => !seen(id)).length;
  return [first(added), first(changed), first(same)] as const;
};

const insertErrors = `
  insert into contact_import_error (import, row, column_name, message)
  select $1, * from unnest($2::int[], $3::text[], $4::text[])`;

const saveErrors = async (tx: Sql, number: number, errors: readonly RowError[]): Promise<void> => {
  if (errors.length === 0) return;
  const columns = [errors.map(({ row }) => row), errors.map(({ column }) => column), errors.map((e) => e.message)];
  await tx.query(insertErrors, [number, ...columns]);
};

const advance = `
  update contact_import set rows = $2, digest = $3, imported = imported + $4, updated = updated + $5,
    unchanged = unchanged + $6, duplicates = duplicates + $7, rejected = rejected + $8, touched_at = now()
  where number = $1`;

const nothing: Upserted = { added: [], changed: [], same: [] };

const take = async (tx: Sql, run: ImportRun, { chunk, seen }: { chunk: ImportChunk; seen: SeenContacts }) => {
  const { audience, rejected } = await own(tx, run);
  const { contacts, errors } = chunk;
  const upserted = contacts.length === 0 ? nothing : await upsertContacts(tx, audience, contacts);
  const counts = countOf(upserted, seen);
  const duplicates = chunk.duplicates + contacts.length - counts.reduce((sum, count) => sum + count, 0);
  await saveErrors(tx, run.number, errors.slice(0, Math.max(0, keptErrors - rejected)));
  await tx.query(advance, [run.number, chunk.rows, chunk.digest, ...counts, duplicates, errors.length]);
};

/** A DONE one is in nobody's hands: it is only compared with. */
const touch = `
  update contact_import set touched_at = now() where number = $1 and attempt = $2 and state in ('RUNNING', 'DONE')
  returning audience`;

const pass = async (sql: Sql, { number, attempt }: ImportRun, emails: readonly string[]): Promise<number[]> => {
  const [row] = await sql.query<{ audience: number }>(touch, [number, attempt]);
  if (row === undefined) throw lost();
  return contactIds(sql, row.audience, emails);
};

const end = `
  update contact_import set state = $3, failure = $4, finished_at = now()
  where number = $1 and attempt = $2 and state = 'RUNNING' returning id`;

const findMany = async (sql: Sql, ids: readonly string[]): Promise<ContactImport[]> =>
  (await sql.query<ImportRow>(byId, [ids.filter(isId)])).map(importOf);

const page = `
  select page.* from audience
  cross join lateral (
    select ${importColumns} from contact_import
    where contact_import.audience = audience.number and ($2::uuid is null or contact_import.id < $2)
      and ($3::text is null or contact_import.idempotency_key = $3)
    order by contact_import.id desc limit $4
  ) page
  where audience.id = any($1::uuid[]) order by audience.number, page.id desc`;

const counts = `
  select audience.id, count(*)::int as count from contact_import join audience on audience.number = contact_import.audience
  where audience.id = any($1::uuid[]) and ($2::text is null or contact_import.idempotency_key = $2)
  group by audience.id`;

const errors = `
  select error.row, error.column_name as "column", error.message from contact_import
  join contact_import_error error on error.import = contact_import.number
  where contact_import.id = $1 and error.row > $2 order by error.row limit $3`;

export const createContactImportStore = ({ sql, transaction }: Pick<Database, 'sql' | 'transaction'>): ImportStore => ({
  begin: (order) => begin(sql, order),
  take: (run, chunk, seen) => transaction((tx) => take(tx, run, { chunk, seen })),
  pass: async (run, emails, seen) => {
    for (const id of await pass(sql, run, emails)) seen(id);
  },
  finish: async ({ number, attempt }) => {
    const [row] = await sql.query<{ id: string }>(end, [number, attempt, 'DONE', null]);
    const [record] = row === undefined ? [] : await findMany(sql, [row.id]);
    if (record === undefined) throw lost();
    return record;
  },
  fail: async ({ number, attempt }, failure) => void (await sql.query(end, [number, attempt, 'FAILED', failure])),
  find: async (id) => (await findMany(sql, [id]))[0],
  findMany: (ids) => findMany(sql, ids),
  page: async (audienceIds, { first, after, idempotencyKey }) => {
    const rows = await sql.query<ImportRow>(page, [audienceIds, after, idempotencyKey, first + 1]);
    return Map.groupBy(rows.map(importOf), ({ audienceId }) => audienceId);
  },
  counts: async (audienceIds, idempotencyKey) => {
    const rows = await sql.query<{ id: string; count: number }>(counts, [audienceIds, idempotencyKey]);
    return new Map(rows.map(({ id, count }) => [id, count]));
  },
  errors: async (id, { first, after }) => (isId(id) ? sql.query<RowError>(errors, [id, after, first]) : []),
});
