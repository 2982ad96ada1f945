/** Everything that can refuse a start before a process has been started. */
import { claimDatabase, databasePlace, readDatabaseNote } from './database-note.ts';
import {
  checkDatabaseIsHere,
  checkNote,
  folderPlace,
  readNote,
  wantedNote,
  writeNote,
  type EventLogNote,
  type FoundNote,
} from './event-log-note.ts';
import { checkBrokers, checkSettings } from './preflight.ts';
import { checkKeys } from './secrets.ts';
import { planServices } from './services.ts';
import type { SystemOptions } from './system.ts';

/** Values of the right form for what is known only later. */
const stand = {
  databaseUrl: 'postgres://127.0.0.1/postgres',
  secrets: {
    internalSecret: '-'.repeat(32),
    webhookKey: Buffer.alloc(32).toString('base64'),
    credentialsKey: Buffer.alloc(32).toString('base64'),
    adminKeyPrefix: '00000000',
    adminKeyHash: '0'.repeat(64),
  },
};

const checkServices = async (options: SystemOptions): Promise<void> => {
  const { shape, dataFolder, logLevel } = options;
  const wiring = { ...stand, shape, dataFolder, logLevel, gatewayPort: 0, eventLogUrl: stand.databaseUrl };
  checkSettings((await planServices(wiring)).first);
};

/** Which brokers a database of an earlier version was run with, its data folder may know. */
const checkDatabaseNote = (found: FoundNote | undefined, wanted: EventLogNote, folder: FoundNote | undefined): void => {
  const isUnknown = found !== undefined && 'brokers' in found && found.brokers === 'UNKNOWN';
  checkNote(isUnknown && folder?.log === 'KAFKA' ? folder : found, wanted, databasePlace);
};

/** The event log that this start uses; undefined when it is none of the launcher's business. Throws AppError BAD_CONFIGURATION, in one line. */
export const checkBeforeStart = async (options: SystemOptions): Promise<EventLogNote | undefined> => {
  const { dataFolder, shape, databaseUrl, kafkaBrokers, eventLogUrl, keys = {} } = options;
  await checkServices(options);
  checkKeys(dataFolder, keys);
  if (eventLogUrl !== undefined) return undefined;
  if (databaseUrl === undefined) checkDatabaseIsHere(dataFolder);
  const known = readNote(dataFolder);
  const wanted = wantedNote(shape, kafkaBrokers, known);
  checkNote(known, wanted, folderPlace(dataFolder));
  if (databaseUrl !== undefined) checkDatabaseNote(await readDatabaseNote(databaseUrl), wanted, known);
  if (shape.eventLog === 'KAFKA' && kafkaBrokers !== undefined) await checkBrokers(kafkaBrokers);
  return wanted;
};

/**
 * Before the first service writes: from then on folder and database belong to this log. The folder first: it names its own broker,
 * which no later start would find in a database alone. Throws AppError BAD_CONFIGURATION when another launcher was first.
 */
export const noteEventLog = async (
  { dataFolder, databaseUrl }: SystemOptions,
  note: EventLogNote | undefined,
): Promise<void> => {
  if (note === undefined) return;
  if (databaseUrl === undefined) return writeNote(dataFolder, note);
  await claimDatabase(databaseUrl, (found) => {
    checkDatabaseNote(found, note, note);
    writeNote(dataFolder, { ...note, database: 'ELSEWHERE' });
    return note;
  });
};
