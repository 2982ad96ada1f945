/**
 * Makes another ADMIN key and prints it, for when there is none at hand: `npm run new-admin-key`, with config's DATABASE_URL.
 * The running service publishes it; a service that is down does so at its next start. Ends with 2 when it could not run.
 */
import { createDatabase } from '@sendpool/database';
import { messageOf, newId } from '@sendpool/kernel';
import { commonEnv, readCommandLine, readEnv } from '@sendpool/service';
import { z } from 'zod';
import { createCreateApiKey } from './domain/create-api-key.ts';
import { createKeyStore } from './store/api-key.store.ts';
import { entities, migrations, schema } from './store/tables.ts';

const usage = `npm run new-admin-key

Makes another ADMIN key and prints it, once. Gateways know it within seconds; other keys stay as they are.

  DATABASE_URL  that of config`;

const now = (): Date => new Date();

const run = async (): Promise<void> => {
  const { DATABASE_URL: url } = readEnv(z.object({ DATABASE_URL: commonEnv.DATABASE_URL }));
  const applicationName = 'sendpool new-admin-key';
  const database = await createDatabase({ url, schema, entities, migrations, applicationName });
  const keys = createKeyStore(database, () => undefined);
  const name = `Admin key of ${now().toISOString().slice(0, 19)}`;
  const made = await createCreateApiKey({ keys, newId, now })({ name, role: 'ADMIN' });
  if (!made.ok) throw new Error(made.errors.map(({ message }) => message).join(' '));
  console.log(made.value.secret);
  console.error('It is an ADMIN key and shown this once. Revoke the one that was lost: revokeApiKey.');
};

readCommandLine({ usage, options: {} });
// The process ends here and its connections with it: the key is durable.
run().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(2);
  },
);
