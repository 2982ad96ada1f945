/** `processes.json`: name, process number and port of each process that runs now, for people and for tests. */
import { join } from 'node:path';
import { replaceJson } from './json-file.ts';

export type ProcessEntry = { pid: number; port: number };

export const writeProcessTable = (dataFolder: string, processes: Readonly<Record<string, ProcessEntry>>): void =>
  replaceJson(join(dataFolder, 'processes.json'), { standalone: { pid: process.pid }, ...processes });
