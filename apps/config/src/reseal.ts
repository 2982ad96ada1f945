/**
 * Seals every stored password under CREDENTIALS_KEY: `npm run reseal`, with the key before in CREDENTIALS_KEY_PREVIOUS.
 * The running service publishes the changes. Ends with 1 when a password was left, 2 when it could not run.
 */
import { createDatabase } from '@sendpool/database';
import { isAppError, messageOf } from '@sendpool/kernel';
import { commonEnv, keyIdOf, openingKeys, openSecret, readCommandLine, readEnv, sealSecret } from '@sendpool/service';
import { z } from 'zod';
import { createResealPasswords, type ResealDeps } from './domain/reseal-passwords.ts';
import { createServerStore } from './store/sending-server.store.ts';
import { entities, migrations, schema } from './store/tables.ts';

const { DATABASE_URL, CREDENTIALS_KEY, CREDENTIALS_KEY_PREVIOUS } = commonEnv;
const envSchema = z.object({ DATABASE_URL, CREDENTIALS_KEY, CREDENTIALS_KEY_PREVIOUS });
type Env = z.output<typeof envSchema>;

const resealWith =
  (env: Env): ResealDeps['reseal'] =>
  (sealed, serverId) => {
    if (sealed.keyId === keyIdOf(env.CREDENTIALS_KEY)) return 'SAME';
    try {
      return sealSecret(openSecret(sealed, serverId, openingKeys(env)), serverId, env.CREDENTIALS_KEY);
    } catch (error) {
      if (isAppError(error, 'DECRYPTION_FAILED')) return 'UNOPENED';
      throw error;
    }
  };

const run = async (): Promise<boolean> => {
  const env = readEnv(envSchema);
  const applicationName = 'sendpool reseal';
  const database = await createDatabase({ url: env.DATABASE_URL, schema, entities, migrations, applicationName });
  const servers = createServerStore(database, () => undefined);
  const { changed, left } = await createResealPasswords({ servers, reseal: resealWith(env) })();
  console.log(`${changed} passwords were sealed under key ${keyIdOf(env.CREDENTIALS_KEY)}`);
  for (const name of left) console.error(`left: ${name}; give its password again`);
  return left.length === 0;
};

const usage = `npm run reseal

Seals every stored password of sending servers under CREDENTIALS_KEY; see docs/operations.md. It may run twice.
Ends with 1 when a password was left that no key opens.

  DATABASE_URL                               that of config
  CREDENTIALS_KEY, CREDENTIALS_KEY_PREVIOUS  the new key, and the one before`;

readCommandLine({ usage, options: {} });
// The process ends here and its connections with it: every change is durable.
run().then(
  (isWhole) => process.exit(isWhole ? 0 : 1),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(2);
  },
);
