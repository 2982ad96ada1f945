/**
 * One launcher at a time in a data folder. Node has no file locks of its own; those of SQLite are the kernel's: of two that come at
 * once one has it, and it ends with its process, however that ends. The file itself is empty and stays.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError, messageOf } from '@sendpool/kernel';

/** SQLITE_BUSY: somebody else has the lock (https://www.sqlite.org/rescode.html). */
const busy = 5;

const refusalOf = (dataFolder: string, file: string, cause: unknown): AppError => {
  const message =
    (cause as { errcode?: number }).errcode === busy
      ? `another launcher runs in ${dataFolder} (its process number is in processes.json there): ` +
        'stop that one, or set DATA_DIR to another folder.'
      : `${file} cannot be locked: ${messageOf(cause)}`;
  return new AppError('BAD_CONFIGURATION', message, { cause });
};

/** Locks the folder, which must be there, and returns what gives it up. Throws AppError BAD_CONFIGURATION when another launcher runs in it. */
export const lockFolder = (dataFolder: string): (() => void) => {
  const file = join(dataFolder, 'launcher.lock');
  const lock = new DatabaseSync(file, { open: false });
  try {
    lock.open();
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    if (lock.isOpen) lock.close();
    throw refusalOf(dataFolder, file, error);
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
};
