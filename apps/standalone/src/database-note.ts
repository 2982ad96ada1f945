/** The note of the event log inside a database of DATABASE_URL: two data folders may name the same one. */
import { createDatabase, type Database, type Sql } from '@sendpool/database';
import { AppError, isAppError, messageOf } from '@sendpool/kernel';
import { answerWithin } from './answer-within.ts';
import { noteSchema, wayOnWithoutNote, type EventLogNote, type FoundNote, type NotedPlace } from './event-log-note.ts';
import { parseJson } from './json-file.ts';

const openMs = 8_000;
/** Any number, the same in every launcher: the advisory lock under which the note is made, read and written. */
const noteLock = 7_306_517;

export const databasePlace: NotedPlace = {
  name: 'the database of DATABASE_URL',
  another: 'use another database to begin anew',
  ownBroker: (id) => ({
    name: `the Apache Kafka broker of the data folder whose event-log.json has the id ${id}`,
    wayOn: 'npm run cluster without KAFKA_BROKERS and with DATA_DIR set to that folder',
  }),
};

/** Without log-in and parameters. */
const addressOf = (databaseUrl: string): string => {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
};

const reasonOf = (error: unknown): string => {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(inner) || String((inner as { code?: string }).code); // several addresses that fail together have no message
};

const underLock = async <T>({ transaction, close }: Database, work: (tx: Sql) => Promise<T>): Promise<T> => {
  try {
    return await transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [noteLock]);
      await tx.query(
        'create table if not exists event_log (is_only boolean primary key default true check (is_only), note text not null)',
      );
      return work(tx);
    });
  } finally {
    await close();
  }
};

/** One try. Throws AppError BAD_CONFIGURATION with the host and the reason when the database cannot be used. */
const within = async <T>(databaseUrl: string, work: (tx: Sql) => Promise<T>): Promise<T> => {
  try {
    const options = { url: databaseUrl, schema: 'launcher', poolSize: 1, applicationName: 'sendpool launcher' };
    return await underLock(await answerWithin(openMs, createDatabase(options)), work);
  } catch (error) {
    if (isAppError(error, 'BAD_CONFIGURATION')) throw error;
    const message = `DATABASE_URL: ${addressOf(databaseUrl)} cannot be used: ${reasonOf(error)}`;
    throw new AppError('BAD_CONFIGURATION', message, { cause: error });
  }
};

/** What the tables say where there is no note: an earlier version made them, or services that no launcher started. */
const noteOfOldDatabase = async (sql: Sql): Promise<FoundNote | undefined> => {
  const [made] = await sql.query<{ log: boolean; lanes: boolean }>(
    `select to_regclass('event_log.topic') is not null as log, to_regclass('scheduler.lane') is not null as lanes`,
  );
  if (made!.log) return { log: 'POSTGRES' };
  return made!.lanes ? { log: 'KAFKA', brokers: 'UNKNOWN' } : undefined;
};

const noteIn = async (sql: Sql): Promise<FoundNote | undefined> => {
  const [row] = await sql.query<{ note: string }>('select note from event_log');
  if (row === undefined) return noteOfOldDatabase(sql);
  const note = parseJson(row.note, noteSchema);
  if (note !== undefined) return note;
  const wayOn = `Put the table launcher.event_log back from a backup, or empty it and ${wayOnWithoutNote}.`;
  throw new AppError(
    'BAD_CONFIGURATION',
    `the note in ${databasePlace.name} is damaged: it says which event log the database belongs to. ${wayOn}`,
  );
};

/** Throws AppError BAD_CONFIGURATION, in one line, when the database cannot be used or its note is damaged. */
export const readDatabaseNote = (databaseUrl: string): Promise<FoundNote | undefined> => within(databaseUrl, noteIn);

/**
 * From then on the database belongs to the log that `claim` returns for what is found there. Of two launchers at once the second one
 * finds what the first one wrote; when `claim` throws nothing is written.
 */
export const claimDatabase = (
  databaseUrl: string,
  claim: (found: FoundNote | undefined) => EventLogNote,
): Promise<void> =>
  within(databaseUrl, async (sql) => {
    const note = claim(await noteIn(sql));
    const text = 'insert into event_log (note) values ($1) on conflict (is_only) do update set note = excluded.note';
    await sql.query(text, [JSON.stringify(note)]);
  });
