import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { envSchema, readSenderEnv } from './env.ts';

const good = {
  HTTP_PORT: '4004',
  EVENT_LOG_URL: 'postgres://localhost/sendpool',
  CREDENTIALS_KEY: Buffer.alloc(32).toString('base64'),
};
const names = Object.keys(envSchema.shape);
const file = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

describe('the environment', () => {
  it('needs no more than this, and has the numbers of the design', () => {
    const env = readSenderEnv(good);
    assert.deepEqual(
      [env.LANES, env.STARTED_PER_LANE, env.CONNECT_TIMEOUT_SECONDS, env.AFTER_DOT_TIMEOUT_SECONDS],
      [12, 32, 5, 600],
    );
    assert.deepEqual([env.BREAKER_FAILURES, env.BREAKER_BASE_SECONDS], [5, 10]);
  });

  it('names every fault at once and quotes no secret', () => {
    const bad = { ...good, HTTP_PORT: 'x', CREDENTIALS_KEY: 'canary', AFTER_DOT_TIMEOUT_SECONDS: '-1' };
    assert.throws(
      () => readSenderEnv(bad),
      (error) => {
        assert.ok(isAppError(error, 'BAD_CONFIGURATION'));
        for (const name of ['HTTP_PORT', 'CREDENTIALS_KEY', 'AFTER_DOT_TIMEOUT_SECONDS'])
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
