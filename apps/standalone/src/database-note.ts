/** The note of the event log inside a database of DATABASE_URL: two data folders may name the same one. */
import { createDatabase, type Database } from '@sendpool/database';
import { AppError, messageOf } from '@sendpool/kernel';
import { answerWithin } from './answer-within.ts';
import type { EventLogNote } from './event-log-note.ts';

const openMs = 8_000;

/** Without log-in and parameters. */
const placeOf = (databaseUrl: string): string => {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
};

const reasonOf = (error: unknown): string => {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(inner) || String((inner as { code?: string }).code); // several addresses that fail together have no message
};

/** One try. Throws AppError BAD_CONFIGURATION with the host and the reason. */
const open = async (databaseUrl: string): Promise<Database> => {
  const options = { url: databaseUrl, schema: 'launcher', poolSize: 1, applicationName: 'sendpool launcher' };
  try {
    return await answerWithin(openMs, createDatabase(options));
  } catch (error) {
    const message = `DATABASE_URL: ${placeOf(databaseUrl)} cannot be used: ${reasonOf(error)}`;
    throw new AppError('BAD_CONFIGURATION', message, { cause: error });
  }
};

const within = async <T>(databaseUrl: string, work: (database: Database) => Promise<T>): Promise<T> => {
  const database = await open(databaseUrl);
  try {
    await database.sql.query(
      'create table if not exists event_log (is_only boolean primary key default true check (is_only), note text not null)',
    );
    return await work(database);
  } finally {
    await database.close();
  }
};

export const readDatabaseNote = (databaseUrl: string): Promise<EventLogNote | undefined> =>
  within(databaseUrl, async ({ sql }) => {
    const [row] = await sql.query<{ note: string }>('select note from event_log');
    return row === undefined ? undefined : (JSON.parse(row.note) as EventLogNote);
  });

export const writeDatabaseNote = (databaseUrl: string, note: EventLogNote): Promise<void> =>
  within(databaseUrl, async ({ sql }) => {
    const text = 'insert into event_log (note) values ($1) on conflict (is_only) do update set note = excluded.note';
    await sql.query(text, [JSON.stringify(note)]);
  });
