/** For specs: a database with the tables of stats, gone with the work. */
import { createDatabase, type Database } from '@sendpool/database';
import { freshDatabase } from '@sendpool/database/testing';
import { statsDatabase } from './migrations.ts';

export const withDatabase = async (work: (database: Database) => Promise<void>): Promise<void> => {
  await using fresh = await freshDatabase();
  const database = await createDatabase({ ...statsDatabase, url: fresh.url });
  try {
    await work(database);
  } finally {
    await database.close();
  }
};
