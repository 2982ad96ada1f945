/** npm start -- --new-admin-key: a new ADMIN key for whoever can read the data folder, whether the system runs or not. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@sendpool/kernel';
import { z } from 'zod';
import { planPostgres } from './backing.ts';
import type { StandaloneEnv } from './env.ts';
import { checkDatabaseIsHere } from './event-log-note.ts';
import { lockFolder } from './folder-lock.ts';
import { readJson } from './json-file.ts';
import { isOpen } from './ports.ts';

const command = fileURLToPath(new URL('../../config/src/new-admin-key.ts', import.meta.url));

const runCommand = (databaseUrl: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, DATABASE_URL: databaseUrl };
    spawn(process.execPath, [command], { env, stdio: 'inherit' })
      .once('error', reject)
      .once('exit', (code) => resolve(code ?? 1));
  });

const tableSchema = z.object({ postgres: z.object({ port: z.number() }).optional() });

/** Of the embedded database while a launcher runs in this folder. */
const runningDatabase = async (dataFolder: string): Promise<string | undefined> => {
  const table = join(dataFolder, 'processes.json');
  const { postgres } = readJson(table, tableSchema, 'remove it; the next start writes it anew.') ?? {};
  if (postgres === undefined || !(await isOpen(postgres.port))) return undefined;
  const password = readFileSync(join(dataFolder, 'postgres', 'password'), 'utf8');
  return `postgres://postgres:${password}@127.0.0.1:${postgres.port}/postgres`;
};

/** In the database of a folder in which no launcher runs, which is started for it. */
const runAlone = async (dataFolder: string): Promise<number> => {
  const release = lockFolder(dataFolder);
  try {
    const { plan, url } = await planPostgres(dataFolder);
    const postgres = await plan.start();
    try {
      return await runCommand(url());
    } finally {
      await postgres.stop(20_000);
    }
  } finally {
    release();
  }
};

/** Resolves with the exit code. Throws AppError BAD_CONFIGURATION when no Sendpool has run in this folder, its database is elsewhere, or a launcher is just starting there. */
export const printNewAdminKey = async ({ dataFolder, databaseUrl }: StandaloneEnv): Promise<number> => {
  if (!existsSync(join(dataFolder, 'secrets.json')))
    throw new AppError(
      'BAD_CONFIGURATION',
      `no Sendpool has run in ${dataFolder}: set DATA_DIR to its folder; a new one shows its first key when it starts.`,
    );
  if (databaseUrl === undefined) checkDatabaseIsHere(dataFolder);
  const running = databaseUrl ?? (await runningDatabase(dataFolder));
  return running === undefined ? runAlone(dataFolder) : runCommand(running);
};
