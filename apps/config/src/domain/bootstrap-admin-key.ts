/** Lets the first administrator in: a key whose hash came by the environment, put in only while no key exists. */
import type { ApiKey } from './api-key.ts';
import type { KeyStore } from './stores.ts';

export type BootstrapDeps = { keys: KeyStore; newId(): string; now(): Date };

/** Resolves to true when the key was put in. */
export const createBootstrapAdminKey =
  (deps: BootstrapDeps) =>
  ({ hash, prefix }: { hash: string; prefix: string }): Promise<boolean> =>
    deps.keys.exclusively((keys) => {
      if (keys.length > 0) return { answer: false };
      const times = { createdAt: deps.now(), expiresAt: null, revokedAt: null, lastUsedAt: null };
      const save: ApiKey = { id: deps.newId(), revision: 1, name: 'First key', role: 'ADMIN', prefix, hash, ...times };
      return { save, answer: true };
    });
