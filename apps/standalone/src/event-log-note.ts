/**
 * Which event log a data folder belongs to. Database and log know together what was sent: a database that went on with another log
 * would send what is under way a second time.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@sendpool/kernel';
import { z } from 'zod';
import { readJson, replaceJson } from './json-file.ts';
import type { Shape } from './shape.ts';

export type EventLogNote =
  | { log: 'POSTGRES' }
  /** The broker in the data folder. */
  | { log: 'KAFKA'; brokers: 'OWN'; id: string }
  /** `host:port` of each. */
  | { log: 'KAFKA'; brokers: readonly string[] };

export const noteSchema: z.ZodType<EventLogNote> = z.union([
  z.object({ log: z.literal('POSTGRES') }),
  z.object({ log: z.literal('KAFKA'), brokers: z.literal('OWN'), id: z.string() }),
  z.object({ log: z.literal('KAFKA'), brokers: z.array(z.string()).min(1) }),
]);

/** Of a data folder: whether its database is the one of DATABASE_URL as well, which has passwords and is not kept. */
type FolderNote = EventLogNote & { database?: 'ELSEWHERE' | undefined };

const folderSchema: z.ZodType<FolderNote> = noteSchema.and(z.object({ database: z.literal('ELSEWHERE').optional() }));

/** What a version that left no note used: of Apache Kafka it is written nowhere at which brokers. */
export type FoundNote = EventLogNote | { log: 'KAFKA'; brokers: 'UNKNOWN' };

/** About a note that is damaged: without one, what lies there is looked at. */
export const wayOnWithoutNote = 'start once with the command, DATABASE_URL and KAFKA_BROKERS of the last start';

const noteFile = (dataFolder: string): string => join(dataFolder, 'event-log.json');

/** `host:port` of each broker in KAFKA_BROKERS, without log-in and parameters. */
export const brokerAddresses = (kafkaBrokers: string): string[] =>
  kafkaBrokers
    .replace(/\?.*$/s, '')
    .replace(/^.*@/s, '')
    .toLowerCase()
    .split(',')
    .map((address) => (/:\d+$/.test(address) ? address : `${address}:9092`));

/** What a folder of a version that left no note keeps; undefined when nothing has run in it. */
const noteOfOldFolder = (dataFolder: string): FoundNote | undefined => {
  const has = (...path: string[]): boolean => existsSync(join(dataFolder, ...path));
  if (!has('secrets.json')) return undefined;
  if (has('kafka', 'data')) return { log: 'KAFKA', brokers: 'OWN', id: randomUUID() };
  // Only a cluster numbers its schedulers.
  if (has('state', 'scheduler-1') && !has('state', 'scheduler')) return { log: 'KAFKA', brokers: 'UNKNOWN' };
  return { log: 'POSTGRES' };
};

const damaged = `it says which event log the folder belongs to. Put it back from a backup, or remove it and ${wayOnWithoutNote}.`;

const writtenNote = (dataFolder: string): FolderNote | undefined =>
  readJson(noteFile(dataFolder), folderSchema, damaged);

/** Throws AppError BAD_CONFIGURATION, in one line, when the note is damaged. */
export const readNote = (dataFolder: string): FoundNote | undefined =>
  writtenNote(dataFolder) ?? noteOfOldFolder(dataFolder);

export const writeNote = (dataFolder: string, note: FolderNote): void => replaceJson(noteFile(dataFolder), note);

const hasDatabaseElsewhere = (dataFolder: string): boolean => {
  const has = (name: string): boolean => existsSync(join(dataFolder, name));
  return writtenNote(dataFolder)?.database === 'ELSEWHERE' || (has('secrets.json') && !has('postgres'));
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
  known: FoundNote | undefined,
): EventLogNote => {
  if (eventLog === 'POSTGRES') return { log: 'POSTGRES' };
  if (kafkaBrokers !== undefined) return { log: 'KAFKA', brokers: brokerAddresses(kafkaBrokers) };
  return { log: 'KAFKA', brokers: 'OWN', id: known !== undefined && 'id' in known ? known.id : randomUUID() };
};

/** Brokers may come and go: one that is in both lists makes it the same cluster. */
const isSame = (known: FoundNote, wanted: EventLogNote): boolean => {
  if (known.log === 'POSTGRES' || wanted.log === 'POSTGRES') return known.log === wanted.log;
  if ('id' in known || 'id' in wanted) return 'id' in known && 'id' in wanted && known.id === wanted.id;
  return known.brokers === 'UNKNOWN' || wanted.brokers.some((address) => known.brokers.includes(address));
};

/** Where the note was found, and how to use another place. */
export type NotedPlace = {
  name: string;
  another: string;
  /** The broker with this id, which is one of a data folder, as it is called from here, and how it is started. */
  ownBroker(id: string): { name: string; wayOn: string };
};

export const folderPlace = (dataFolder: string): NotedPlace => ({
  name: dataFolder,
  another: 'set DATA_DIR to another folder to begin anew',
  ownBroker: () => ({ name: 'its own Apache Kafka broker', wayOn: 'npm run cluster without KAFKA_BROKERS' }),
});

/** What the place keeps its log in, and how to go on with that. */
const inWords = (known: FoundNote, place: NotedPlace): { name: string; wayOn: string } => {
  if (known.log === 'POSTGRES') return { name: 'PostgreSQL', wayOn: 'npm start' };
  if ('id' in known) return place.ownBroker(known.id);
  if (known.brokers === 'UNKNOWN')
    return {
      name: 'Apache Kafka (at which brokers an earlier version did not write down)',
      wayOn: 'npm run cluster and the KAFKA_BROKERS or the DATA_DIR of then',
    };
  const name = `Apache Kafka at ${known.brokers.join(', ')}`;
  return { name, wayOn: `KAFKA_BROKERS=${known.brokers.join(',')} npm run cluster` };
};

const wantedInWords = (wanted: EventLogNote): string => {
  if (wanted.log === 'POSTGRES') return 'PostgreSQL';
  return 'id' in wanted
    ? 'the Apache Kafka broker that this start would run'
    : `Apache Kafka at ${wanted.brokers.join(', ')}`;
};

const listOf = (note: FoundNote): readonly string[] =>
  note.log === 'KAFKA' && typeof note.brokers !== 'string' ? note.brokers : [];

/** Two lists without a common broker may still be one cluster. */
const aboutAddresses = (known: FoundNote, wanted: EventLogNote): string => {
  const [[former], now] = [listOf(known), listOf(wanted)];
  if (former === undefined || now.length === 0) return '';
  const both = [...now, former].join(',');
  return ` (when these are the same brokers at other addresses, name one of the former beside them: KAFKA_BROKERS=${both})`;
};

/** Throws AppError BAD_CONFIGURATION, in one line, when the place belongs to another event log than is wanted. */
export const checkNote = (known: FoundNote | undefined, wanted: EventLogNote, place: NotedPlace): void => {
  if (known === undefined || isSame(known, wanted)) return;
  const { name, wayOn } = inWords(known, place);
  throw new AppError(
    'BAD_CONFIGURATION',
    `${place.name} keeps its event log in ${name}, not in ${wantedInWords(wanted)}, and on another one what is under way ` +
      `would be sent twice: go on with ${wayOn}${aboutAddresses(known, wanted)}, or ${place.another}.`,
  );
};
