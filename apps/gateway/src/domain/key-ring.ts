/** The API keys that may come in, as far as the log has told; only their hashes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from '@sendpool/contracts';

export type KeyRing = {
  /** Takes a record of the log; one that is older than what is known of its key is dropped. */
  learn(record: ApiKeyRecord): void;
  /** The key whose text this is, unless it is unknown, revoked or expired at `now` (milliseconds since 1970). */
  find(text: string, now: number): ApiKeyRecord | undefined;
  /** Whether a key that was found before could still be found, with the role that it had. */
  holds(key: ApiKeyRecord, now: number): boolean;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const isValid = (key: ApiKeyRecord, now: number): boolean =>
  !key.revoked && (key.expiresAt === null || key.expiresAt > now);

/** Enough of a hash to find its candidates; what is left is compared in constant time. */
const bucketOf = (hash: string): string => hash.slice(0, 8);

export const createKeyRing = (): KeyRing => {
  const byId = new Map<string, ApiKeyRecord>();
  const idsByBucket = new Map<string, Set<string>>();
  return {
    learn: (record) => {
      const known = byId.get(record.id);
      if (known !== undefined && known.revision > record.revision) return;
      if (known !== undefined) idsByBucket.get(bucketOf(known.hash))?.delete(record.id);
      byId.set(record.id, record);
      const bucket = bucketOf(record.hash);
      idsByBucket.set(bucket, (idsByBucket.get(bucket) ?? new Set()).add(record.id));
    },
    find: (text, now) => {
      const hash = hashOf(text);
      const candidates = [...(idsByBucket.get(bucketOf(hash)) ?? [])].map((id) => byId.get(id)!);
      const key = candidates.find((candidate) => isSame(candidate.hash, hash));
      return key !== undefined && isValid(key, now) ? key : undefined;
    },
    holds: ({ id, hash, role }, now) => {
      const known = byId.get(id);
      return known !== undefined && known.hash === hash && known.role === role && isValid(known, now);
    },
  };
};
