/** The command that makes the secrets of a compose system. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { readConfigEnv } from '../../../apps/config/src/env.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-make-env-'));
const file = join(folder, '.env');
copyFileSync('docker/make-env.ts', join(folder, 'make-env.ts'));
const make = () => spawnSync(process.execPath, [join(folder, 'make-env.ts')], { encoding: 'utf8' });

describe('docker/make-env.ts', () => {
  after(() => rmSync(folder, { recursive: true }));

  const first = make();
  const made = parseEnv(readFileSync(file, 'utf8'));

  it('makes what config accepts, readable by its owner only', () => {
    const env = readConfigEnv({
      ...made,
      HTTP_PORT: '8080',
      EVENT_LOG_URL: 'kafka://kafka:9092',
      DATABASE_URL: `postgres://sendpool:${made['POSTGRES_PASSWORD']}@postgres:5432/sendpool`,
    });
    const key = /sp_[\w-]+$/m.exec(first.stdout)?.[0] ?? '';
    assert.equal(env.BOOTSTRAP_ADMIN_KEY_HASH, createHash('sha256').update(key).digest('hex'));
    assert.ok(key.startsWith(`${env.BOOTSTRAP_ADMIN_KEY_PREFIX}_`));
    assert.equal(new URL(env.DATABASE_URL).password, made['POSTGRES_PASSWORD']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('never writes over secrets that are there', () => {
    assert.equal(make().status, 1);
    assert.deepEqual(parseEnv(readFileSync(file, 'utf8')), made);
  });
});
