import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { envSchema, readConfigEnv } from './env.ts';

const good = {
  HTTP_PORT: '4001',
  DATABASE_URL: 'postgres://localhost/sendpool',
  EVENT_LOG_URL: 'postgres://localhost/sendpool',
  INTERNAL_SECRET: 's'.repeat(32),
  CREDENTIALS_KEY: Buffer.alloc(32).toString('base64'),
};
const names = Object.keys(envSchema.shape);
const file = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

describe('the environment', () => {
  it('needs no more than this, and allows private servers unless told', () => {
    const env = readConfigEnv(good);
    assert.deepEqual([env.ALLOW_PRIVATE_SERVERS, env.LOG_LEVEL, env.HTTP_HOST], [true, 'info', '127.0.0.1']);
    assert.equal(readConfigEnv({ ...good, ALLOW_PRIVATE_SERVERS: 'false' }).ALLOW_PRIVATE_SERVERS, false);
  });

  it('takes hash and prefix of the first key together only', () => {
    const hash = { BOOTSTRAP_ADMIN_KEY_HASH: 'a'.repeat(64) };
    const prefix = { BOOTSTRAP_ADMIN_KEY_PREFIX: 'sp_0123abcd' };
    assert.equal(readConfigEnv({ ...good, ...hash, ...prefix }).BOOTSTRAP_ADMIN_KEY_PREFIX, 'sp_0123abcd');
    for (const alone of [hash, prefix])
      assert.throws(() => readConfigEnv({ ...good, ...alone }), /must be given together/);
  });

  it('names every fault at once and quotes no secret', () => {
    const bad = { ...good, HTTP_PORT: 'x', INTERNAL_SECRET: 'canary', BOOTSTRAP_ADMIN_KEY_HASH: 'canary' };
    assert.throws(
      () => readConfigEnv(bad),
      (error) => {
        assert.ok(isAppError(error, 'BAD_CONFIGURATION'));
        for (const name of ['HTTP_PORT', 'INTERNAL_SECRET', 'BOOTSTRAP_ADMIN_KEY_HASH'])
          assert.match(error.message, new RegExp(name));
        assert.doesNotMatch(error.message, /canary/);
        return true;
      },
    );
  });

  it('is told in full by the README and by .env.example', () => {
    const rows = [...file('README.md').matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name);
    const lines = [...file('.env.example').matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);
    assert.deepEqual(rows, names);
    assert.deepEqual(lines, names);
  });
});
