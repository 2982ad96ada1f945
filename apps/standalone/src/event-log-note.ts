/**
 * Which event log a data folder belongs to. Database and log know together what was sent: a database that went on with another log
 * would send what is under way a second time.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@sendpool/kernel';
import { replaceJson } from './replace-json.ts';
import type { Shape } from './shape.ts';

export type EventLogNote =
  | { log: 'POSTGRES' }
  /** The broker in the data folder. */
  | { log: 'KAFKA'; brokers: 'OWN'; id: string }
  /** `host:port` of each. */
  | { log: 'KAFKA'; brokers: readonly string[] };

/** Of a data folder: whether its database is the one of DATABASE_URL as well, which has passwords and is not kept. */
export type FolderNote = EventLogNote & { database?: 'ELSEWHERE' | undefined };

const noteFile = (dataFolder: string): string => join(dataFolder, 'event-log.json');

/** `host:port` of each broker in KAFKA_BROKERS, without log-in and parameters. */
export const brokerAddresses = (kafkaBrokers: string): string[] =>
  kafkaBrokers
    .replace(/\?.*$/s, '')
    .replace(/^.*@/s, '')
    .toLowerCase()
    .split(',')
    .map((address) => (/:\d+$/.test(address) ? address : `${address}:9092`));

/** What a folder of a version that left no note keeps; undefined when nothing has run in it, or when that cannot be told. */
const noteOfOldFolder = (dataFolder: string): EventLogNote | undefined => {
  const has = (...path: string[]): boolean => existsSync(join(dataFolder, ...path));
  if (!has('secrets.json')) return undefined;
  if (has('kafka', 'data')) return { log: 'KAFKA', brokers: 'OWN', id: randomUUID() };
  // Only a cluster numbers its schedulers; at which brokers it was is written nowhere.
  if (has('state', 'scheduler-1') && !has('state', 'scheduler')) return undefined;
  return { log: 'POSTGRES' };
};

export const readNote = (dataFolder: string): FolderNote | undefined => {
  const file = noteFile(dataFolder);
  if (!existsSync(file)) return noteOfOldFolder(dataFolder);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as FolderNote;
  } catch (cause) {
    throw new AppError('BAD_CONFIGURATION', `${file} cannot be read: it says which event log the folder belongs to`, {
      cause,
    });
  }
};

export const writeNote = (dataFolder: string, note: FolderNote): void => replaceJson(noteFile(dataFolder), note);

const hasDatabaseElsewhere = (dataFolder: string): boolean => {
  const has = (name: string): boolean => existsSync(join(dataFolder, name));
  return readNote(dataFolder)?.database === 'ELSEWHERE' || (has('secrets.json') && !has('postgres'));
};

/** For a start without DATABASE_URL. Throws AppError BAD_CONFIGURATION, in one line, when the folder was run with one. */
export const checkDatabaseIsHere = (dataFolder: string): void => {
  if (!hasDatabaseElsewhere(dataFolder)) return;
  throw new AppError(
    'BAD_CONFIGURATION',
    `${dataFolder} was run with DATABASE_URL and has no database of its own in use: ` +
      'set DATABASE_URL to the same database again, or set DATA_DIR to another folder.',
  );
};

/** The log that a start with these settings uses. `known` gives the broker of the folder its name. */
export const wantedNote = (
  { eventLog }: Shape,
  kafkaBrokers: string | undefined,
  known: EventLogNote | undefined,
): EventLogNote => {
  if (eventLog === 'POSTGRES') return { log: 'POSTGRES' };
  if (kafkaBrokers !== undefined) return { log: 'KAFKA', brokers: brokerAddresses(kafkaBrokers) };
  const id = known?.log === 'KAFKA' && 'id' in known ? known.id : randomUUID();
  return { log: 'KAFKA', brokers: 'OWN', id };
};

/** Brokers may come and go: one that is in both lists makes it the same cluster. */
const isSame = (known: EventLogNote, wanted: EventLogNote): boolean => {
  if (known.log === 'POSTGRES' || wanted.log === 'POSTGRES') return known.log === wanted.log;
  if ('id' in known || 'id' in wanted) return 'id' in known && 'id' in wanted && known.id === wanted.id;
  return wanted.brokers.some((address) => known.brokers.includes(address));
};

const inWords = (note: EventLogNote): string => {
  if (note.log === 'POSTGRES') return 'PostgreSQL';
  return 'id' in note ? 'an Apache Kafka broker of its data folder' : `Apache Kafka at ${note.brokers.join(', ')}`;
};

const wayOn = (note: EventLogNote): string => {
  if (note.log === 'POSTGRES') return 'npm start';
  return 'id' in note
    ? 'npm run cluster without KAFKA_BROKERS'
    : `KAFKA_BROKERS=${note.brokers.join(',')} npm run cluster`;
};

/** Where the note was found, and how to use another place. */
export type NotedPlace = { name: string; another: string };

export const folderPlace = (dataFolder: string): NotedPlace => ({
  name: dataFolder,
  another: 'set DATA_DIR to another folder to begin anew',
});

/** Throws AppError BAD_CONFIGURATION, in one line, when the place belongs to another event log than is wanted. */
export const checkNote = (known: EventLogNote | undefined, wanted: EventLogNote, place: NotedPlace): void => {
  if (known === undefined || isSame(known, wanted)) return;
  throw new AppError(
    'BAD_CONFIGURATION',
    `${place.name} keeps its event log in ${inWords(known)}, not in ${inWords(wanted)}, ` +
      `and on another one what is under way would be sent twice: go on with ${wayOn(known)}, or ${place.another}.`,
  );
};
