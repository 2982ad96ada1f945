/** The secrets of a standalone system: made at the first start, kept in its data folder, readable by its owner only. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Secrets = {
  /** Signs requests between the gateway and the services. */
  internalSecret: string;
  /** Seals the passwords of sending servers; 32 bytes, base64. Without it they cannot be read again. */
  credentialsKey: string;
  adminKeyPrefix: string;
  /** SHA-256 of the first admin key, hex. The key itself is not stored. */
  adminKeyHash: string;
};

/** `firstAdminKey` is there only at the very first start: it is shown once and never again. */
export type OpenedSecrets = { secrets: Secrets; firstAdminKey: string | undefined };

const fresh = (): { secrets: Secrets; firstAdminKey: string } => {
  const prefix = randomBytes(4).toString('hex');
  const key = `sp_${prefix}_${randomBytes(32).toString('base64url')}`;
  const secrets = {
    internalSecret: randomBytes(32).toString('base64url'),
    credentialsKey: randomBytes(32).toString('base64'),
    adminKeyPrefix: prefix,
    adminKeyHash: createHash('sha256').update(key).digest('hex'),
  };
  return { secrets, firstAdminKey: key };
};

/** Reads the secrets of the data folder, or makes folder and secrets when there are none. */
export const openSecrets = (dataFolder: string): OpenedSecrets => {
  const file = join(dataFolder, 'secrets.json');
  if (existsSync(file)) return { secrets: JSON.parse(readFileSync(file, 'utf8')) as Secrets, firstAdminKey: undefined };
  mkdirSync(dataFolder, { recursive: true });
  const made = fresh();
  writeFileSync(file, `${JSON.stringify(made.secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return made;
};
