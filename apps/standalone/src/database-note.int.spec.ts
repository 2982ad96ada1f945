import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { isAppError } from '@sendpool/kernel';
import { checkBeforeStart, noteEventLog } from './before-start.ts';
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
