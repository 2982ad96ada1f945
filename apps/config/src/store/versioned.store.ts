/** Rows with a revision: read by id or in lists, and saved only on the revision before their own. */
import { isUniqueViolation, type Sql } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { In, type EntitySchema, type FindOptionsWhere, type ObjectLiteral, type Repository } from 'typeorm';
import type { Deletable, VersionedStore } from '../domain/stores.ts';
import { guarded } from './guarded.ts';
import { createList, type ListedTable } from './list.store.ts';
import { sqlOf, type StoreDatabase } from './store-database.ts';

export type VersionedTable<T extends Deletable, Row extends ObjectLiteral & Deletable> = Omit<
  ListedTable<T>,
  'find'
> & {
  readonly source: StoreDatabase['source'];
  readonly entity: EntitySchema<Row>;
  /** The unique index on the name. */
  nameIndex: string;
  /** Asked in the transaction of each write, under locks that last as long; false: the write is stale. */
  mayWrite(sql: Sql, value: T): Promise<boolean>;
  toRow: (value: T) => Row;
  fromRow: (row: Row) => T;
  /** Called after each change that took effect. */
  changed(): void;
};

const orNameTaken = async <A>(nameIndex: string, work: () => Promise<A>): Promise<A | 'NAME_TAKEN'> => {
  try {
    return await guarded(work);
  } catch (error) {
    if (isUniqueViolation(error, nameIndex)) return 'NAME_TAKEN';
    throw error;
  }
};

const where = <Row>(conditions: object): FindOptionsWhere<Row> => conditions;

type Written = 'SAVED' | 'STALE';

export const createVersionedStore = <T extends Deletable, Row extends ObjectLiteral & Deletable>(
  table: VersionedTable<T, Row>,
): VersionedStore<T> => {
  const { source, entity, fromRow, toRow } = table;
  const find = async (ids: readonly string[]): Promise<T[]> => {
    const known = [...new Set(ids.filter(isId))];
    if (known.length === 0) return [];
    const rows = guarded(() => source.getRepository(entity).find({ where: where<Row>({ id: In(known) }) }));
    return (await rows).map(fromRow);
  };
  const write = async (value: T, work: (rows: Repository<Row>) => Promise<Written>) => {
    const end = await orNameTaken(table.nameIndex, () =>
      source.transaction(async (manager) => {
        const may = await table.mayWrite(sqlOf(manager), value);
        return may ? work(manager.getRepository(entity)) : 'STALE';
      }),
    );
    if (end === 'SAVED') table.changed();
    return end;
  };
  return {
    ...createList({ ...table, find }),
    find,
    insert: (value) =>
      write(value, async (rows) => {
        await rows.insert(toRow(value));
        return 'SAVED';
      }),
    save: (value) =>
      write(value, async (rows) => {
        const before = where<Row>({ id: value.id, revision: value.revision - 1 });
        return (await rows.update(before, toRow(value))).affected === 1 ? 'SAVED' : 'STALE';
      }),
  };
};
