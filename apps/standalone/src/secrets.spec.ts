import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSecrets } from './secrets.ts';

const withFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-secrets-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe('the secrets of a standalone system', () => {
  it('are readable by their owner only', () =>
    withFolder((folder) => {
      openSecrets(folder);
      assert.equal(statSync(join(folder, 'secrets.json')).mode & 0o777, 0o600);
    }));

  it('show the first admin key once and store nothing but its hash', () =>
    withFolder((folder) => {
      const { firstAdminKey, secrets } = openSecrets(folder);
      assert.match(firstAdminKey!, /^sp_[0-9a-f]{8}_[\w-]{43}$/);
      assert.equal(secrets.adminKeyHash, createHash('sha256').update(firstAdminKey!).digest('hex'));
      assert.ok(!readFileSync(join(folder, 'secrets.json'), 'utf8').includes(firstAdminKey!));
      assert.equal(openSecrets(folder).firstAdminKey, undefined);
    }));

  it('stay the same over a restart', () =>
    withFolder((folder) => assert.deepEqual(openSecrets(folder).secrets, openSecrets(folder).secrets)));
});
