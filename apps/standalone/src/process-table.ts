/** `processes.json`: name, process number and port of each process that runs now, for people and for tests. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type ProcessEntry = { pid: number; port: number };

/** Readers see the file before or after, never half of it. */
export const writeProcessTable = (dataFolder: string, processes: Readonly<Record<string, ProcessEntry>>): void => {
  const file = join(dataFolder, 'processes.json');
  const all = { standalone: { pid: process.pid }, ...processes };
  writeFileSync(`${file}.draft`, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(`${file}.draft`, file);
};
