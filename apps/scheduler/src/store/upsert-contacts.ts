/** Stores a chunk of an upload: new contacts, changed ones, and which are as they were. */
import type { Sql } from '@sendpool/database';
import type { ContactRow } from '../domain/contact-import.ts';

/** Ids of contacts by what became of their rows. */
export type Upserted = { readonly added: number[]; readonly changed: number[]; readonly same: number[] };

/**
 * The lock on the audience lets one chunk through at a time, so that rows never meet in another order. Two addresses that are one only in the
 * eyes of the database make one contact: the second is in none of the lists.
 */
const upsert = `
  with incoming as materialized (
    select * from unnest($2::text[], $3::text[]) with ordinality as incoming (email, fields, place)
  ), known as materialized (
    select incoming.*, contact.id, contact.email <> incoming.email or contact.fields <> incoming.fields as differs
    from incoming
    left join contact on contact.audience = $1 and lower(contact.email) = lower(incoming.email)
  ), added as (
    insert into contact (audience, email, fields) select $1, email, fields from known where id is null order by place
    on conflict (audience, lower(email)) do nothing returning id
  ), changed as (
    update contact set email = known.email, fields = known.fields from known where known.differs and contact.id = known.id
  )
  select (select coalesce(array_agg(id), '{}') from added)::float8[] as added,
    coalesce(array_agg(id) filter (where differs), '{}')::float8[] as changed,
    coalesce(array_agg(id) filter (where not differs), '{}')::float8[] as same
  from known`;

export const upsertContacts = async (tx: Sql, audience: number, rows: readonly ContactRow[]): Promise<Upserted> => {
  await tx.query('select from audience where number = $1 for no key update', [audience]);
  const values = [rows.map(({ email }) => email), rows.map(({ fields }) => fields)];
  const [upserted] = await tx.query<Upserted>(upsert, [audience, ...values]);
  const { added } = upserted!;
  if (added.length > 0) {
    await tx.query('update audience set contacts = contacts + $2 where number = $1', [audience, added.length]);
  }
  return upserted!;
};

const idsOf = `
  select contact.id from unnest($2::text[]) as given (email)
  join contact on contact.audience = $1 and lower(contact.email) = lower(given.email)`;

export const contactIds = async (sql: Sql, audience: number, emails: readonly string[]): Promise<number[]> =>
  (await sql.query<{ id: number }>(idsOf, [audience, emails])).map(({ id }) => id);
