/** Makes an API key; its text is in the answer and nowhere else. */
import { checkName, type Role } from '@sendpool/contracts';
import { hashOf, newKeyText, prefixOf, type ApiKey } from './api-key.ts';
import { createFaults, good, type Result } from './result.ts';
import type { KeyStore } from './stores.ts';

export type CreateApiKeyInput = { readonly name: string; readonly role: Role; readonly expiresAt?: Date | null };

export type CreateApiKeyDeps = { keys: KeyStore; newId(): string; now(): Date };

export type CreatedApiKey = {
  readonly apiKey: ApiKey;
  /** The whole key text. */ readonly secret: string;
};

export const createCreateApiKey =
  (deps: CreateApiKeyDeps) =>
  async ({ name, role, expiresAt = null }: CreateApiKeyInput): Promise<Result<CreatedApiKey>> => {
    const faults = createFaults();
    const createdAt = deps.now();
    const given = faults.take(['name'], checkName(name), '');
    if (expiresAt !== null && expiresAt <= createdAt)
      faults.add(['expiresAt'], 'This time is past. Give a time to come, or null for a key that does not expire.');
    if (faults.errors.length > 0) return { ok: false, errors: faults.errors };
    const secret = newKeyText();
    const facts = { id: deps.newId(), revision: 1, name: given, role, prefix: prefixOf(secret), hash: hashOf(secret) };
    const apiKey: ApiKey = { ...facts, createdAt, expiresAt, revokedAt: null, lastUsedAt: null };
    await deps.keys.exclusively(() => ({ save: apiKey, answer: undefined }));
    return good({ apiKey, secret });
  };
