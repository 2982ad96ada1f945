/** Contacts in PostgreSQL: walked by number, added a thousand at a time, and taken out of their audience. */
import type { Database, Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { maxCounted } from '../domain/audience.ts';
import type { MergeContact } from '../domain/choose-contact.ts';
import type { Contact, ContactFilter, ContactPage, ContactStore } from '../domain/contact.ts';
import { upsertContacts } from './upsert-contacts.ts';

type Row = { audience_id: string; number: number; email: string; fields: string };

const fieldsOf = (text: string): Contact['fields'] =>
  Object.entries(JSON.parse(text) as Record<string, string>)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

const contactOf = ({ number, email, fields }: Row): Contact => ({ number, email, fields: fieldsOf(fields) });

/** Each character of the text stands for itself. Under the collation C, as in the embedded database, the index of addresses finds them. */
const matches = ({ emailStartsWith }: ContactFilter, parameter: string): string =>
  emailStartsWith === undefined
    ? `${parameter}::text is null`
    : `starts_with(lower(contact.email), lower(${parameter}::text))`;

/** One walk of each audience, by its own index: what is beyond the page is not looked at. */
const pageOf = (filter: ContactFilter): string => `
  select audience.id as audience_id, page.* from audience
  cross join lateral (
    select contact.id as number, contact.email, contact.fields from contact
    where contact.audience = audience.number and contact.id > $2 and ${matches(filter, '$3')}
    order by contact.id limit $4
  ) page
  where audience.id = any($1::uuid[]) order by audience.number, page.number`;

const countsOf = (filter: ContactFilter): string => `
  select audience.id, nullif(found.count, ${maxCounted + 1}) as count from audience
  cross join lateral (
    select count(*)::int as count from (
      select from contact where contact.audience = audience.number and ${matches(filter, '$2')} limit ${maxCounted + 1}
    ) few
  ) found
  where audience.id = any($1::uuid[])`;

/** One look into the index of each audience. */
const oneOf = (which: string): string => `
  select audience.id as "audienceId", found.* from audience cross join lateral (
    select email, fields from contact where contact.audience = audience.number ${which} order by contact.id limit 1
  ) found where audience.id = any($1::uuid[])`;

const [firstOf, byEmail] = [oneOf(''), oneOf('and lower(contact.email) = lower($2)')];

const page = async (sql: Sql, audienceIds: readonly string[], asked: ContactPage): Promise<Map<string, Contact[]>> => {
  const values = [audienceIds, asked.after, asked.emailStartsWith ?? null, asked.first + 1];
  const found = new Map<string, Contact[]>(audienceIds.map((id) => [id, []]));
  for (const row of await sql.query<Row>(pageOf(asked), values)) found.get(row.audience_id)?.push(contactOf(row));
  return found;
};

/** The lock lets one change of an audience through at a time, as in `upsertContacts`. */
const lockAudience = async (tx: Sql, id: string): Promise<number | undefined> => {
  if (!isId(id)) return undefined;
  const text = 'select number from audience where id = $1 and not of_test for no key update';
  return (await tx.query<{ number: number }>(text, [id]))[0]?.number;
};

const add = async (tx: Sql, audienceId: string, rows: Parameters<ContactStore['add']>[1]) => {
  const audience = await lockAudience(tx, audienceId);
  if (audience === undefined) return undefined;
  const { added, changed, same } = await upsertContacts(tx, audience, rows);
  return { imported: added.length, updated: changed.length, unchanged: same.length };
};

/** The row stays for recipients of campaigns: they know their contact by its number, and are sent to. */
const detach = `
  with gone as (
    update contact set audience = null, removed_from = $1, removed_at = now()
    where audience = $1 and lower(email) in (select lower(email) from unnest($2::text[]) as given (email)) returning id
  )
  update audience set contacts = contacts - (select count(*) from gone) where number = $1
  returning (select count(*) from gone)::int as count`;

const remove = async (tx: Sql, audienceId: string, emails: readonly string[]): Promise<number | undefined> => {
  const audience = await lockAudience(tx, audienceId);
  if (audience === undefined) return undefined;
  return (await tx.query<{ count: number }>(detach, [audience, emails]))[0]?.count;
};

export const createContactStore = ({ sql, transaction }: Pick<Database, 'sql' | 'transaction'>): ContactStore => ({
  findIn: async (audienceIds, email) => {
    const ids = audienceIds.filter(isId);
    const rows = await sql.query<MergeContact & { audienceId: string }>(
      email === null ? firstOf : byEmail,
      email === null ? [ids] : [ids, email],
    );
    return new Map(rows.map(({ audienceId, ...contact }) => [audienceId, contact]));
  },
  page: (audienceIds, asked) => page(sql, audienceIds, asked),
  counts: async (audienceIds, filter) => {
    const values = [audienceIds, filter.emailStartsWith ?? null];
    const rows = await sql.query<{ id: string; count: number | null }>(countsOf(filter), values);
    return new Map(rows.map(({ id, count }) => [id, count]));
  },
  add: (audienceId, rows) => transaction((tx) => add(tx, audienceId, rows)),
  remove: (audienceId, emails) => transaction((tx) => remove(tx, audienceId, emails)),
});

const step = 1000;

/**
 * A campaign writes its recipients down in the order of their contacts, up to the last one that there was at its start: what lies beyond
 * that, or was removed before, is none of them. The hour is longer than transactions that see the contact yet, the day than clocks differ.
 */
const forget = `
  delete from contact where id in (
    select id from contact where audience is null and removed_at < now() - interval '1 hour'
      and not exists (
        select from campaign where campaign.audience = contact.removed_from and campaign.last_contact >= contact.id
          and campaign.started_at < contact.removed_at + interval '1 day')
    order by removed_at limit ${step} for update skip locked)
  returning id`;

/** Deletes removed contacts that are no recipient of a campaign, in steps. */
export const sweepContacts = async (sql: Sql, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && (await sql.query(forget)).length === step);
};
