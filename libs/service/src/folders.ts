/** Makes folders, and says at once in words when that cannot be done. */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError, messageOf } from '@sendpool/kernel';

/** One level at a time: `recursive` never returns below a folder that makes none without saying why, such as /proc (Node 24). */
const makeLevels = (path: string): void => {
  if (existsSync(path)) return;
  makeLevels(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};

/** Makes the folder and those on the way to it, and makes sure that it can be written. Throws AppError BAD_CONFIGURATION. */
export const makeFolder = (path: string): void => {
  const whole = resolve(path);
  try {
    makeLevels(whole);
    if (!statSync(whole).isDirectory()) throw new Error('it is not a folder');
    accessSync(whole, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = messageOf(error);
    throw new AppError('BAD_CONFIGURATION', `the folder ${whole} cannot be made or written: ${why}`, { cause: error });
  }
};

/** Makes sure that a file can be written before hours of work go into it; makes its folder, and the file, empty. Throws AppError BAD_CONFIGURATION. */
export const checkWritable = (file: string): void => {
  makeFolder(dirname(resolve(file)));
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new AppError('BAD_CONFIGURATION', `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
};
