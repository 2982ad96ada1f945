/** Rows with a revision: read by id or in lists, and saved only on the revision before their own. */
import { isUniqueViolation } from '@sendpool/database';
import { isId } from '@sendpool/kernel';
import { In, type FindOptionsWhere, type ObjectLiteral, type Repository } from 'typeorm';
import type { Versioned, VersionedStore } from '../domain/stores.ts';
import { guarded } from './guarded.ts';
import { createList, type ListedTable } from './list.store.ts';

export type VersionedTable<T extends Versioned, Row extends ObjectLiteral & Versioned> = Omit<
  ListedTable<T>,
  'find'
> & {
  repository: Repository<Row>;
  /** The unique index on the name. */
  nameIndex: string;
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

export const createVersionedStore = <T extends Versioned, Row extends ObjectLiteral & Versioned>(
  table: VersionedTable<T, Row>,
): VersionedStore<T> => {
  const { repository, fromRow } = table;
  const find = async (ids: readonly string[]): Promise<T[]> => {
    const known = [...new Set(ids.filter(isId))];
    if (known.length === 0) return [];
    return (await guarded(() => repository.find({ where: where<Row>({ id: In(known) }) }))).map(fromRow);
  };
  return {
    ...createList({ ...table, find }),
    find,
    insert: (value) =>
      orNameTaken(table.nameIndex, async () => {
        await repository.insert(table.toRow(value));
        table.changed();
        return 'SAVED' as const;
      }),
    save: (value) =>
      orNameTaken(table.nameIndex, async () => {
        const before = where<Row>({ id: value.id, revision: value.revision - 1 });
        const result = await repository.update(before, table.toRow(value));
        if (result.affected !== 1) return 'STALE' as const;
        table.changed();
        return 'SAVED' as const;
      }),
  };
};
