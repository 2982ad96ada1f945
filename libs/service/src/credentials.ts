/** Seals the credentials of sending servers: AES-256-GCM, tied to their owner, so that a sealed secret moved to another row does not open. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { SealedSecret } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';

/** Names a key without telling it: the first 8 hex digits of its SHA-256. */
export const keyIdOf = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

const base64 = (bytes: Buffer): string => bytes.toString('base64');

/** `key` is 32 bytes; `ownerId` is the additional authenticated data. A fresh 96-bit IV each time (NIST SP 800-38D). */
export const sealSecret = (plain: string, ownerId: string, key: Uint8Array): SealedSecret => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(ownerId));
  const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return { keyId: keyIdOf(key), iv: base64(iv), data: base64(data), tag: base64(cipher.getAuthTag()) };
};

const decrypt = (sealed: SealedSecret, ownerId: string, key: Uint8Array): string => {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64'), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(ownerId)).setAuthTag(Buffer.from(sealed.tag, 'base64'));
  return decipher.update(sealed.data, 'base64', 'utf8') + decipher.final('utf8');
};

/** The keys of an environment that may open a secret, the present one first. */
export const openingKeys = (env: {
  CREDENTIALS_KEY: Uint8Array;
  CREDENTIALS_KEY_PREVIOUS?: Uint8Array | undefined;
}): Uint8Array[] =>
  env.CREDENTIALS_KEY_PREVIOUS === undefined
    ? [env.CREDENTIALS_KEY]
    : [env.CREDENTIALS_KEY, env.CREDENTIALS_KEY_PREVIOUS];

/** Opens with the one of the keys that it was sealed under. Throws AppError DECRYPTION_FAILED for another key, another owner, or one changed bit. */
export const openSecret = (sealed: SealedSecret, ownerId: string, keys: readonly Uint8Array[]): string => {
  const key = keys.find((one) => keyIdOf(one) === sealed.keyId);
  if (key === undefined) {
    const known = keys.map(keyIdOf).join(', ');
    throw new AppError('DECRYPTION_FAILED', `sealed under key ${sealed.keyId}, but CREDENTIALS_KEY is ${known}`);
  }
  try {
    return decrypt(sealed, ownerId, key);
  } catch (cause) {
    throw new AppError('DECRYPTION_FAILED', 'the sealed secret was changed or belongs to another owner', { cause });
  }
};
