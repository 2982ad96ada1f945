/** Statements for lists of rows that have an id and a name: page by page in either order, walked by key, and their number. */
import type { Sql } from './sql.ts';

/** CREATED_AT is the order of the ids, which hold the time at which they were made. */
export type ListOrder = { readonly field: 'CREATED_AT' | 'NAME'; readonly direction: 'ASC' | 'DESC' };

/** SQL that a row must meet: as it stands, or with a parameter, as in `$1`, for `value`. */
export type Condition = string | { readonly value: unknown; sql(parameter: string): string };

export type ListPage = {
  readonly count: number;
  readonly order: ListOrder;
  /** The row before the first one wanted: its name, when that is the order, and its id. */
  readonly after: { readonly key: string; readonly id: string } | undefined;
};

/** By Unicode's rules, whatever the database was made with: under C, its own would know no letters but those of English. */
const lower = (text: string): string => `lower(${text} collate "und-x-icu")`;

/** Upper and lower case are one; every character of `text` stands for itself. */
export const nameContains = (text: string): Condition => ({
  value: text,
  sql: (parameter) => `strpos(${lower('name')}, ${lower(`${parameter}::text`)}) > 0`,
});

const sortKeys = { CREATED_AT: ['id'], NAME: [lower('name'), 'id'] } as const;

const orderBy = ({ field, direction }: ListOrder): string =>
  sortKeys[field].map((key) => `${key} ${direction === 'ASC' ? 'asc' : 'desc'}`).join(', ');

/** Of a name and an id in one parameter. */
const place = (parameter: string): string => `${lower(`(${parameter}::text[])[1]`)}, (${parameter}::text[])[2]::uuid`;

/** Names are compared as the database sorts them: it alone makes them lower case. */
const beyond = ({ order: { field, direction }, after }: ListPage): Condition[] => {
  if (after === undefined) return [];
  const sign = direction === 'ASC' ? '>' : '<';
  if (field === 'CREATED_AT') return [{ value: after.id, sql: (parameter) => `id ${sign} ${parameter}::uuid` }];
  return [{ value: [after.key, after.id], sql: (parameter) => `(${lower('name')}, id) ${sign} (${place(parameter)})` }];
};

/** The clause, and the values of its parameters from `$1` on. */
const whereOf = (conditions: readonly Condition[]): { where: string; values: unknown[] } => {
  const values: unknown[] = [];
  const texts = conditions.map((one) => (typeof one === 'string' ? one : one.sql(`$${values.push(one.value)}`)));
  return { where: texts.length === 0 ? '' : `where ${texts.join(' and ')}`, values };
};

/** Ids of the rows of a page, in its order. `table` is a constant of the code. */
export const listIds = async (
  sql: Sql,
  table: string,
  page: ListPage,
  conditions: readonly Condition[] = [],
): Promise<string[]> => {
  const { where, values } = whereOf([...conditions, ...beyond(page)]);
  const text = `select id from ${table} ${where} order by ${orderBy(page.order)} limit $${values.length + 1}`;
  const rows = await sql.query<{ id: string }>(text, [...values, page.count]);
  return rows.map(({ id }) => id);
};

/** How many rows of the table meet the conditions. */
export const countRows = async (sql: Sql, table: string, conditions: readonly Condition[] = []): Promise<number> => {
  const { where, values } = whereOf(conditions);
  const [row] = await sql.query<{ rows: number }>(`select count(*) as rows from ${table} ${where}`, values);
  return row?.rows ?? 0;
};

/** `rows` in the order of `ids`; without those that are not there any more. */
export const inOrderOf = <Row extends { readonly id: string }>(ids: readonly string[], rows: readonly Row[]): Row[] => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
};
