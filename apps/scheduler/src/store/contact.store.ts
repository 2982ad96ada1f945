/** Single contacts in PostgreSQL. */
import type { Database } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Contact, ContactStore } from '../domain/contact.ts';

/** One look into the index of each audience. */
const oneOf = (which: string): string => `
  select audience.id as "audienceId", found.* from audience cross join lateral (
    select email, fields from contact where contact.audience = audience.number ${which} order by contact.id limit 1
  ) found where audience.id = any($1::uuid[])`;

const [firstOf, byEmail] = [oneOf(''), oneOf('and lower(contact.email) = lower($2)')];

export const createContactStore = ({ sql }: Pick<Database, 'sql'>): ContactStore => ({
  findIn: async (audienceIds, email) => {
    const ids = audienceIds.filter(isId);
    const rows = await sql.query<Contact & { audienceId: string }>(
      email === null ? firstOf : byEmail,
      email === null ? [ids] : [ids, email],
    );
    return new Map(rows.map(({ audienceId, ...contact }) => [audienceId, contact]));
  },
});
