export { createDatabase, type Database, type DatabaseOptions, type MigrationClass } from './database.ts';
export { isUniqueViolation } from './faults.ts';
export type { Sql } from './sql.ts';
export { createKeyed } from './keyed.ts';
export { createOnce, forgetKeys, onceTable } from './once.ts';
export { countRows, inOrderOf, listIds, nameContains, type Condition, type ListOrder, type ListPage } from './lists.ts';
