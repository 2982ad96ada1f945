import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedulerDatabase } from '../testing.ts';
import { migrations } from './index.ts';

test('every migration can be taken back and made again, and leaves nothing behind', async () => {
  await using database = await schedulerDatabase();
  const tables = async (): Promise<string[]> => {
    const text = `
      select table_name as name from information_schema.tables where table_schema = 'scheduler'
      union all select indexname from pg_indexes where schemaname = 'scheduler' and tablename <> 'migration' order by 1`;
    return (await database.sql.query<{ name: string }>(text)).map(({ name }) => name);
  };
  const whole = await tables();
  for (const _ of migrations) await database.source.undoLastMigration();
  assert.deepEqual(await tables(), ['migration']);
  await database.source.runMigrations();
  assert.deepEqual(await tables(), whole);
});
