/** Audiences and their contacts in PostgreSQL. */
import { isUniqueViolation, type Database, type Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Audience, AudienceStore, ContactRow, ImportCounts } from '../domain/audience.ts';

type Row = { id: string; name: string; contacts: number; created_at: Date };

const audienceOf = (row: Row): Audience => ({
  id: row.id,
  name: row.name,
  contactCount: row.contacts,
  createdAt: row.created_at,
});

const columns = 'id, name, contacts, created_at';

/**
 * One chunk of an upload; the lock on the audience lets one chunk through at a time, so that rows never meet in another order.
 * Rows whose address came before in the same upload are stored and not counted.
 */
const upsert = `
  with incoming as materialized (
    select * from unnest($2::text[], $3::text[], $4::boolean[]) with ordinality as incoming (email, fields, repeated, place)
  ), known as materialized (
    select incoming.*, contact.id, contact.email <> incoming.email or contact.fields <> incoming.fields as differs
    from incoming
    left join contact on contact.audience = $1 and lower(contact.email) = lower(incoming.email)
  ), added as (
    insert into contact (audience, email, fields) select $1, email, fields from known where id is null order by place
  ), changed as (
    update contact set email = known.email, fields = known.fields from known where known.differs and contact.id = known.id
  )
  select count(*) filter (where id is null) as added,
    count(*) filter (where id is null and not repeated) as imported,
    count(*) filter (where differs and not repeated) as updated,
    count(*) filter (where not differs and not repeated) as unchanged
  from known`;

const upsertContacts = async (tx: Sql, audienceId: string, rows: readonly ContactRow[]): Promise<ImportCounts> => {
  const [audience] = await tx.query<{ number: number }>('select number from audience where id = $1 for update', [
    audienceId,
  ]);
  if (audience === undefined) return { imported: 0, updated: 0, unchanged: 0 };
  const values = [rows.map((row) => row.email), rows.map((row) => row.fields), rows.map((row) => row.repeated)];
  const [counts] = await tx.query<ImportCounts & { added: number }>(upsert, [audience.number, ...values]);
  const { added, ...report } = counts!;
  if (added > 0) {
    await tx.query('update audience set contacts = contacts + $2 where number = $1', [audience.number, added]);
  }
  return report;
};

const insert = async (sql: Sql, audience: { id: string; name: string; createdAt: Date }): Promise<boolean> => {
  try {
    await sql.query('insert into audience (id, name, created_at) values ($1, $2, $3)', [
      audience.id,
      audience.name,
      audience.createdAt,
    ]);
    return true;
  } catch (error) {
    if (isUniqueViolation(error, 'audience_name')) return false;
    throw error;
  }
};

const findMany = async (sql: Sql, ids: readonly string[]): Promise<Audience[]> => {
  const rows = await sql.query<Row>(`select ${columns} from audience where id = any($1::uuid[])`, [ids.filter(isId)]);
  return rows.map(audienceOf);
};

export const createAudienceStore = (database: Pick<Database, 'sql' | 'transaction'>): AudienceStore => ({
  insert: (audience) => insert(database.sql, audience),
  find: async (id) => (await findMany(database.sql, [id]))[0],
  findMany: (ids) => findMany(database.sql, ids),
  page: async ({ first, after }) => {
    const rows = await database.sql.query<Row>(
      `select ${columns} from audience where $1::uuid is null or id > $1 order by id limit $2`,
      [after, first + 1],
    );
    return rows.map(audienceOf);
  },
  upsertContacts: (id, rows) => database.transaction((tx) => upsertContacts(tx, id, rows)),
});
