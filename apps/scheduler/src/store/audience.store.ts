/** Audiences and their contacts in PostgreSQL. */
import {
  countRows,
  inOrderOf,
  isUniqueViolation,
  listIds,
  nameContains,
  type Condition,
  type Database,
  type Sql,
} from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import type { Audience, AudienceStore, NameFilter, OrderedPage } from '../domain/audience.ts';

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

const findMany = async (sql: Sql, ids: readonly string[], which = ''): Promise<Audience[]> => {
  const text = `select ${columns} from audience where id = any($1::uuid[])${which}`;
  const rows = await sql.query<Row>(text, [ids.filter(isId)]);
  return rows.map(audienceOf);
};

const conditionsOf = (filter: NameFilter): Condition[] => [
  'not of_test',
  ...(filter.nameContains === undefined ? [] : [nameContains(filter.nameContains)]),
];

const page = async (sql: Sql, { first, ...asked }: OrderedPage & NameFilter): Promise<Audience[]> => {
  const ids = await listIds(sql, 'audience', { count: first + 1, ...asked }, conditionsOf(asked));
  return inOrderOf(ids, await findMany(sql, ids));
};

export const createAudienceStore = (database: Pick<Database, 'sql'>): AudienceStore => ({
  insert: (audience) => insert(database.sql, audience),
  find: async (id) => (await findMany(database.sql, [id], ' and not of_test'))[0],
  findMany: (ids) => findMany(database.sql, ids),
  page: (asked) => page(database.sql, asked),
  count: (filter) => countRows(database.sql, 'audience', conditionsOf(filter)),
});
