/** Revokes an API key for good; the last one that can make others stays, else nobody could come in any more. */
import { isUsableKey, type ApiKey } from './api-key.ts';
import { notFound } from './change-row.ts';
import { good, refuse, type Result } from './result.ts';
import type { KeyDecision, KeyStore } from './stores.ts';

export type RevokeApiKeyDeps = { keys: KeyStore; now(): Date };

const decide = (keys: readonly ApiKey[], id: string, now: Date): KeyDecision<Result<ApiKey>> => {
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) return { answer: notFound('API key', id) };
  if (key.revokedAt !== null) return { answer: good(key) };
  const usable = keys.filter((candidate) => candidate.role === 'ADMIN' && isUsableKey(candidate, now));
  if (usable.length === 1 && usable[0] === key)
    return {
      answer: refuse('CONFLICT', 'This is the last usable ADMIN key. Create another one first, then revoke this.', [
        'input',
        'id',
      ]),
    };
  const revoked = { ...key, revision: key.revision + 1, revokedAt: now };
  return { save: revoked, answer: good(revoked) };
};

/** Revoking a revoked key changes nothing. */
export const createRevokeApiKey =
  (deps: RevokeApiKeyDeps) =>
  (id: string): Promise<Result<ApiKey>> =>
    deps.keys.exclusively((keys) => decide(keys, id, deps.now()));
