/** An API key: 256 random bits of which only the hash is kept, so a stolen database opens no door. */
import { createHash, randomBytes } from 'node:crypto';
import type { ApiKeyRecord, Role } from '@sendpool/contracts';

export type ApiKey = {
  readonly id: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly name: string;
  readonly role: Role;
  /** `sp_` and 8 hex digits: tells keys apart. */
  readonly prefix: string;
  /** SHA-256 of the whole key text, hex. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** To about a minute; null = never. */
  readonly lastUsedAt: Date | null;
};

/** A fresh key text: `sp_<8 hex>_<43 base64url>`. */
export const newKeyText = (): string => `sp_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`;

export const prefixOf = (text: string): string => text.slice(0, 11);

/** A key holds 256 random bits, so one round of SHA-256 is enough: there is nothing to guess. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const isUsableKey = (key: ApiKey, now: Date): boolean =>
  key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);

/** The key as the gateway sees it on the topic. */
export const toKeyRecord = (key: ApiKey): ApiKeyRecord => ({
  id: key.id,
  revision: key.revision,
  name: key.name,
  role: key.role,
  hash: key.hash,
  expiresAt: key.expiresAt?.getTime() ?? null,
  revoked: key.revokedAt !== null,
});
