/** The manifest of documents that our own clients name by id, as a file. */
import { readFileSync } from 'node:fs';
import { readManifest, type PersistedOptions } from '@sendpool/graphql';
import { AppError, messageOf } from '@sendpool/kernel';
import type { GatewayEnv } from './env.ts';

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('BAD_CONFIGURATION', `PERSISTED_DOCUMENTS cannot be read: ${messageOf(cause)}`, { cause });
  }
};

/** Undefined: there is none. Throws AppError BAD_CONFIGURATION when the file is no manifest. */
export const readDocuments = (env: GatewayEnv): PersistedOptions | undefined => {
  const { PERSISTED_DOCUMENTS: path, PERSISTED_ONLY: only } = env;
  return path === undefined ? undefined : { documents: readManifest(readText(path)), only };
};
