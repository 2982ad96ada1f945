/**
 * The files in which the launcher keeps what it knows: checked when they are read, and written so that readers see each before or after,
 * never half of it, also after a power cut.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '@sendpool/kernel';
import type { z } from 'zod';

/** Undefined for a text that is no JSON, or holds something else; the error of either would quote what may be a secret. */
export const parseJson = <Value>(text: string, schema: z.ZodType<Value>): Value | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new AppError('BAD_CONFIGURATION', `${file} cannot be read (${code})`, { cause });
  }
};

/** Undefined when there is no file. `wayOn` says what to do about a damaged one: AppError BAD_CONFIGURATION, and nothing of what it holds. */
export const readJson = <Value>(file: string, schema: z.ZodType<Value>, wayOn: string): Value | undefined => {
  const text = textOf(file);
  if (text === undefined) return undefined;
  const value = parseJson(text, schema);
  if (value === undefined) throw new AppError('BAD_CONFIGURATION', `${file} is damaged: ${wayOn}`);
  return value;
};

/** Until then a file that got its name may lose it in a power cut. */
const syncFolder = (path: string): void => {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

/** `mode` is that of the new file; default: readable by all. */
export const replaceJson = (file: string, value: object, mode = 0o644): void => {
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode, flag: 'wx', flush: true });
  renameSync(draft, file);
  syncFolder(dirname(file));
};
