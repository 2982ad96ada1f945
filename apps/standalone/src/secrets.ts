/** The secrets of a standalone system: made at the first start, kept in its data folder, readable by its owner only. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '@sendpool/kernel';
import { commonEnv, keyIdOf, makeFolder } from '@sendpool/service';
import { z } from 'zod';
import { readJson, replaceJson } from './json-file.ts';

/** Keys that seal the passwords of sending servers; 32 bytes each, base64. */
type Keys = {
  /** Without it passwords cannot be read again. */
  credentialsKey: string;
  /** The one before, until every password is sealed anew. */
  credentialsKeyPrevious?: string | undefined;
};

export type Secrets = Keys & {
  /** Signs requests between the gateway and the services. */
  internalSecret: string;
  /** Seals the signing secrets of webhooks; 32 bytes, base64. */
  webhookKey: string;
  adminKeyPrefix: string;
  /** SHA-256 of the first admin key, hex. The key itself is not stored. */
  adminKeyHash: string;
};

/** CREDENTIALS_KEY and CREDENTIALS_KEY_PREVIOUS as the user gave them. */
export type GivenKeys = { credentialsKey?: string | undefined; credentialsKeyPrevious?: string | undefined };

/** `firstAdminKey` is there only at the very first start: it is shown once and never again. */
export type OpenedSecrets = { secrets: Secrets; firstAdminKey: string | undefined };

const secretsFile = (dataFolder: string): string => join(dataFolder, 'secrets.json');

const keySchema = z.string().refine((text) => commonEnv.CREDENTIALS_KEY.safeParse(text).success);

const schema = z.object({
  credentialsKey: keySchema,
  credentialsKeyPrevious: keySchema.optional(),
  internalSecret: commonEnv.INTERNAL_SECRET,
  /** Missing in the file of a version without webhooks. */
  webhookKey: keySchema.optional(),
  adminKeyPrefix: z.string().min(1),
  adminKeyHash: z.string().min(1),
});

type KeptSecrets = z.infer<typeof schema>;

const damaged =
  'put it back from the backup, without which the stored passwords of sending servers cannot be opened; ' +
  'to begin anew set DATA_DIR to another folder.';

const readSecrets = (dataFolder: string): KeptSecrets | undefined => readJson(secretsFile(dataFolder), schema, damaged);

const nameOf = (key: string): string => keyIdOf(Buffer.from(key, 'base64'));

const withPrevious = (credentialsKey: string, previous: string | undefined): Keys =>
  previous === undefined ? { credentialsKey } : { credentialsKey, credentialsKeyPrevious: previous };

/** Another key may take the place of the kept one only when that goes on to open what it sealed. */
const changedKeys = (kept: KeptSecrets, wanted: string, previous: string | undefined, file: string): Keys => {
  if (previous !== kept.credentialsKey)
    throw new AppError(
      'BAD_CONFIGURATION',
      `CREDENTIALS_KEY (${nameOf(wanted)}) is not the key in ${file} (${nameOf(kept.credentialsKey)}), and passwords sealed under that one could not be opened: ` +
        'leave CREDENTIALS_KEY out, or give the key of the file as CREDENTIALS_KEY_PREVIOUS to change it.',
    );
  if (kept.credentialsKeyPrevious !== undefined && kept.credentialsKeyPrevious !== wanted)
    throw new AppError(
      'BAD_CONFIGURATION',
      `the last change of the key in ${file} is not over: seal the passwords anew (apps/config/src/reseal.ts) and take credentialsKeyPrevious out of the file first.`,
    );
  return withPrevious(wanted, previous);
};

/** The key before is needed until every password is sealed anew: another one must not take its place. */
const checkPrevious = (
  { credentialsKeyPrevious: kept }: KeptSecrets,
  previous: string | undefined,
  file: string,
): void => {
  if (kept === undefined || previous === undefined || previous === kept) return;
  throw new AppError(
    'BAD_CONFIGURATION',
    `CREDENTIALS_KEY_PREVIOUS (${nameOf(previous)}) is not the key before in ${file} (${nameOf(kept)}), which passwords may still be sealed under: ` +
      'leave CREDENTIALS_KEY_PREVIOUS out, or seal the passwords anew (npm run reseal) and take credentialsKeyPrevious out of the file first.',
  );
};

const keysOf = (kept: KeptSecrets, given: GivenKeys, file: string): Keys => {
  const { credentialsKey: wanted = kept.credentialsKey, credentialsKeyPrevious: previous } = given;
  if (wanted !== kept.credentialsKey) return changedKeys(kept, wanted, previous, file);
  checkPrevious(kept, previous, file);
  return withPrevious(wanted, previous ?? kept.credentialsKeyPrevious);
};

const newKey = (): string => randomBytes(32).toString('base64');

const fresh = (given: GivenKeys): { secrets: Secrets; firstAdminKey: string } => {
  const prefix = randomBytes(4).toString('hex');
  const key = `sp_${prefix}_${randomBytes(32).toString('base64url')}`;
  const secrets = {
    internalSecret: randomBytes(32).toString('base64url'),
    webhookKey: newKey(),
    ...withPrevious(given.credentialsKey ?? newKey(), given.credentialsKeyPrevious),
    adminKeyPrefix: prefix,
    adminKeyHash: createHash('sha256').update(key).digest('hex'),
  };
  return { secrets, firstAdminKey: key };
};

const write = (dataFolder: string, secrets: Secrets): void => replaceJson(secretsFile(dataFolder), secrets, 0o600);

/** Throws AppError BAD_CONFIGURATION when openSecrets would; changes nothing. */
export const checkKeys = (dataFolder: string, given: GivenKeys): void => {
  const kept = readSecrets(dataFolder);
  if (kept !== undefined) keysOf(kept, given, secretsFile(dataFolder));
};

/**
 * Reads the secrets of the data folder, or makes folder and secrets when there are none. A key that was given is kept there:
 * the next start without it opens the same passwords. Throws AppError BAD_CONFIGURATION when passwords could not be opened with it.
 */
export const openSecrets = (dataFolder: string, given: GivenKeys = {}): OpenedSecrets => {
  makeFolder(dataFolder);
  const kept = readSecrets(dataFolder);
  if (kept === undefined) {
    const made = fresh(given);
    write(dataFolder, made.secrets);
    return made;
  }
  const keys = keysOf(kept, given, secretsFile(dataFolder));
  // A folder of a version before webhooks has no key for them.
  const secrets = { ...kept, webhookKey: kept.webhookKey ?? newKey(), ...keys };
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) write(dataFolder, secrets);
  return { secrets, firstAdminKey: undefined };
};
