/** Rows of a table as they are shown in lists: their ids in order first, and then the rows. */
import { countRows, inOrderOf, listIds, nameContains, type Condition, type Sql } from '@sendpool/database';
import type { Listed } from '../domain/stores.ts';

export type ListedTable<T> = {
  readonly sql: Sql;
  /** A constant of the code. */
  readonly table: 'sending_server' | 'pool' | 'api_key';
  find(ids: readonly string[]): Promise<T[]>;
};

const conditionsOf = (table: ListedTable<never>['table'], part: string | undefined): Condition[] => [
  ...(table === 'api_key' ? [] : ['deleted_at is null']),
  ...(part === undefined ? [] : [nameContains(part)]),
];

export const createList = <T extends { readonly id: string }>({ sql, table, find }: ListedTable<T>): Listed<T> => ({
  page: async (asked) => {
    const ids = await listIds(sql, table, asked, conditionsOf(table, asked.nameContains));
    return inOrderOf(ids, await find(ids));
  },
  count: (part) => countRows(sql, table, conditionsOf(table, part)),
});
