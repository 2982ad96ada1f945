import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createDatabase } from '@sendpool/database';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { isAppError, sleep } from '@sendpool/kernel';
import { checkBeforeStart, noteEventLog } from './before-start.ts';
import { claimDatabase, readDatabaseNote } from './database-note.ts';
import { wantedNote } from './event-log-note.ts';
import { openSecrets } from './secrets.ts';
import { clusterShape, singleShape, type Shape } from './shape.ts';

describe('a database that two data folders name', () => {
  let database: TestDatabase;
  const parent = mkdtempSync(join(tmpdir(), 'sendpool-database-note-'));
  before(async () => {
    database = await freshDatabase();
  });
  after(async () => {
    rmSync(parent, { recursive: true, force: true });
    await database[Symbol.asyncDispose]();
  });

  /** A start in a folder of its own, up to the point where its services would write. */
  const start = async (shape: Shape): Promise<void> => {
    const dataFolder = mkdtempSync(join(parent, 'data-'));
    const options = { dataFolder, shape, databaseUrl: database.url, gatewayPort: 0, logLevel: 'info' };
    const wired = { ...options, onRestart: () => undefined };
    await noteEventLog(wired, await checkBeforeStart(wired));
  };

  it('keeps the event log of the first one', async () => {
    await start(singleShape);
    await start(singleShape);
    await assert.rejects(
      start(clusterShape),
      (error) =>
        isAppError(error, 'BAD_CONFIGURATION') &&
        /^the database of DATABASE_URL keeps its event log in PostgreSQL, not in .*npm start/.test(error.message),
    );
  });

  it('is asked for again in a folder that was run with it', async () => {
    const dataFolder = mkdtempSync(join(parent, 'data-'));
    const options = { dataFolder, shape: singleShape, gatewayPort: 0, logLevel: 'info', onRestart: () => undefined };
    const withUrl = { ...options, databaseUrl: database.url };
    await noteEventLog(withUrl, await checkBeforeStart(withUrl));
    await assert.rejects(
      checkBeforeStart(options),
      (error) => isAppError(error, 'BAD_CONFIGURATION') && /DATABASE_URL/.test(error.message),
    );
    assert.ok(!readFileSync(join(dataFolder, 'event-log.json'), 'utf8').includes('postgres:'));
    await checkBeforeStart(withUrl);
  });

  it('says which host refuses a log-in, and not the password', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2';
    const options = { dataFolder: parent, shape: singleShape, databaseUrl: url.href, gatewayPort: 0, logLevel: 'info' };
    await assert.rejects(
      checkBeforeStart({ ...options, onRestart: () => undefined }),
      (error) =>
        isAppError(error, 'BAD_CONFIGURATION') &&
        error.message.startsWith(`DATABASE_URL: ${url.host}/`) &&
        error.message.includes('password authentication failed') &&
        !error.message.includes('hunter2'),
    );
  });
});

const refuses = (work: Promise<unknown>, ...parts: string[]): Promise<void> =>
  assert.rejects(
    work,
    (error) =>
      isAppError(error, 'BAD_CONFIGURATION') &&
      !error.message.includes('\n') &&
      parts.every((part) => error.message.includes(part)),
  );

describe('a database of DATABASE_URL', () => {
  let database: TestDatabase;
  let folder: string;
  beforeEach(async () => {
    database = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'sendpool-database-note-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await database[Symbol.asyncDispose]();
  });

  const optionsFor = (shape: Shape, dataFolder = folder) => ({
    dataFolder,
    shape,
    databaseUrl: database.url,
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: () => undefined,
  });
  const check = (shape: Shape) => checkBeforeStart(optionsFor(shape));
  /** Tables as the services make them, of which none is needed but their names. */
  const make = async (...tables: `${string}.${string}`[]): Promise<void> => {
    for (const [schema, table] of tables.map((name) => name.split('.'))) {
      const { sql, close } = await createDatabase({ url: database.url, schema: schema!, applicationName: 'test' });
      await sql.query(`create table ${table}()`);
      await close();
    }
  };
  const writeText = async (text: string): Promise<void> => {
    const { sql, close } = await createDatabase({ url: database.url, schema: 'launcher', applicationName: 'test' });
    await sql.query('insert into event_log (note) values ($1) on conflict (is_only) do update set note = $1', [text]);
    await close();
  };

  /** Keeps the note from both until each of them has come to it. */
  const untilBothWait = async <T>(start: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> => {
    const options = { url: database.url, schema: 'launcher', applicationName: 'test' };
    const { transaction, close } = await createDatabase(options);
    const waiting = `select count(*)::int as n from pg_locks join pg_database d on d.oid = database
      where not granted and datname = current_database()`;
    const { ends } = await transaction(async (tx) => {
      await tx.query('lock table event_log in access exclusive mode');
      const ends = Promise.allSettled(start());
      for (let tries = 0; (await tx.query<{ n: number }>(waiting))[0]!.n < 2; tries++, await sleep(20))
        assert.ok(tries < 200, 'they do not wait');
      return { ends };
    });
    await close();
    return ends;
  };

  it('goes to one of two launchers that start at once, and the other one is refused before its folder is marked', async () => {
    const shapes = [singleShape, clusterShape];
    const all = shapes.map((shape) => optionsFor(shape, mkdtempSync(join(folder, 'data-'))));
    const notes = await Promise.all(all.map(checkBeforeStart));
    const ends = await untilBothWait(() => all.map((options, index) => noteEventLog(options, notes[index])));
    const lost = ends.findIndex(({ status }) => status === 'rejected');
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    await refuses(Promise.reject((ends[lost] as PromiseRejectedResult).reason), 'keeps its event log in');
    assert.deepEqual(
      all.map(({ dataFolder }) => existsSync(join(dataFolder, 'event-log.json'))),
      [lost !== 0, lost !== 1],
    );
    assert.deepEqual(await readDatabaseNote(database.url), notes[1 - lost]);
  });

  it('is asked by many launchers at once while nothing is in it yet', async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => readDatabaseNote(database.url)));
    assert.deepEqual(new Set(found), new Set([undefined]));
  });

  it('names the folder of the broker that it belongs to, when another folder would run its own', async () => {
    const note = wantedNote(clusterShape, undefined, undefined);
    await claimDatabase(database.url, () => note);
    const { id } = note as { id: string };
    await refuses(check(clusterShape), `event-log.json has the id ${id}`, 'with DATA_DIR set to that folder');
    await refuses(check(singleShape), `event-log.json has the id ${id}`, 'not in PostgreSQL');
  });

  it('belongs to PostgreSQL where an earlier version left a log and no note', async () => {
    await make('scheduler.lane', 'event_log.topic');
    await refuses(check(clusterShape), 'DATABASE_URL keeps its event log in PostgreSQL', 'go on with npm start');
    await noteEventLog(optionsFor(singleShape), await check(singleShape));
    assert.deepEqual(await readDatabaseNote(database.url), { log: 'POSTGRES' });
  });

  it('belongs to Apache Kafka where an earlier version left lanes and no log', async () => {
    await make('scheduler.lane');
    for (const shape of [singleShape, clusterShape])
      await refuses(check(shape), 'keeps its event log in Apache Kafka', 'the KAFKA_BROKERS or the DATA_DIR of then');
    const note = wantedNote(clusterShape, 'a:1', undefined);
    await noteEventLog(optionsFor(clusterShape), note);
    assert.deepEqual(await readDatabaseNote(database.url), note);
  });

  it('goes on with the broker in the folder that an earlier version ran it with', async () => {
    await make('scheduler.lane');
    mkdirSync(join(folder, 'kafka', 'data'), { recursive: true });
    openSecrets(folder);
    await noteEventLog(optionsFor(clusterShape), await check(clusterShape));
    assert.deepEqual(await readDatabaseNote(database.url), await check(clusterShape));
  });

  it('cannot be guessed when its note is damaged, which is said with what to do', async () => {
    await noteEventLog(optionsFor(singleShape), await check(singleShape));
    for (const text of ['', '{', '{}', 'null', '{"log":"KAFKA","brokers":"UNKNOWN"}']) {
      await writeText(text);
      await refuses(check(singleShape), 'the note in the database of DATABASE_URL is damaged', 'launcher.event_log');
    }
  });
});
