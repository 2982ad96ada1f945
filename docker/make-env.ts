/** Makes the secrets of a compose system once, in docker/.env, and says the first admin key, which is kept nowhere. Needs nothing but Node. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('.env', import.meta.url));
if (existsSync(file)) {
  console.error(
    `${file} is there already: remove it to make new secrets (passwords of sending servers are then lost).`,
  );
  process.exit(1);
}
const prefix = randomBytes(4).toString('hex');
const key = `sp_${prefix}_${randomBytes(32).toString('base64url')}`;
const secrets = {
  POSTGRES_PASSWORD: randomBytes(24).toString('base64url'),
  INTERNAL_SECRET: randomBytes(32).toString('base64url'),
  CREDENTIALS_KEY: randomBytes(32).toString('base64'),
  WEBHOOK_KEY: randomBytes(32).toString('base64'),
  BOOTSTRAP_ADMIN_KEY_PREFIX: prefix,
  BOOTSTRAP_ADMIN_KEY_HASH: createHash('sha256').update(key).digest('hex'),
};
const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
writeFileSync(file, lines.join(''), { mode: 0o600, flag: 'wx' });
console.log(`Secrets are in ${file}; back it up with the database.`);
console.log(`First admin API key, shown this once: ${key}`);
