/** Audiences and their contacts in PostgreSQL. */
import { isUniqueViolation, type Database, type Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Audience, AudienceStore } from '../domain/audience.ts';

type Row = { id: string; name: string; contacts: number; created_at: Date };

const audienceOf = (row: Row): Audience => ({
  id: row.id,
  name: row.name,
  contactCount: row.contacts,
  createdAt: row.created_at,
});

const columns = 'id, name, contacts, created_at';

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

export const createAudienceStore = (database: Pick<Database, 'sql'>): AudienceStore => ({
  insert: (audience) => insert(database.sql, audience),
  find: async (id) => (await findMany(database.sql, [id]))[0],
  findMany: (ids) => findMany(database.sql, ids),
  page: async ({ first, after }) => {
    const rows = await database.sql.query<Row>(
      `select ${columns} from audience where not of_test and ($1::uuid is null or id > $1) order by id limit $2`,
      [after, first + 1],
    );
    return rows.map(audienceOf);
  },
});
