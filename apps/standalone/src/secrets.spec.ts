import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isAppError } from '@sendpool/kernel';
import { checkKeys, openSecrets } from './secrets.ts';

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

  it('of a version without webhooks get a key for them, and keep it', () =>
    withFolder((folder) => {
      const { webhookKey: _, ...older } = openSecrets(folder).secrets;
      writeFileSync(join(folder, 'secrets.json'), JSON.stringify(older));
      const { secrets } = openSecrets(folder);
      assert.equal(Buffer.from(secrets.webhookKey, 'base64').length, 32);
      assert.deepEqual(openSecrets(folder).secrets, { ...older, webhookKey: secrets.webhookKey });
    }));

  it('are neither made anew nor shown when their file is damaged: it says which one, and what to do', () =>
    withFolder((folder) => {
      const { secrets } = openSecrets(folder);
      const file = join(folder, 'secrets.json');
      const { credentialsKey } = secrets;
      const texts = [
        `{"credentialsKey":"${credentialsKey}`,
        credentialsKey,
        JSON.stringify({ ...secrets, credentialsKey: credentialsKey.slice(0, 20) }),
        JSON.stringify({ ...secrets, adminKeyHash: undefined }),
        '{}',
        'null',
        '',
      ];
      for (const text of texts) {
        writeFileSync(file, text);
        for (const work of [openSecrets, checkKeys])
          assert.throws(
            () => work(folder, {}),
            (error) =>
              isAppError(error, 'BAD_CONFIGURATION') &&
              error.message.startsWith(`${file} is damaged: put it back from the backup`) &&
              error.message.includes('DATA_DIR') &&
              !inspect(error).includes(credentialsKey.slice(0, 8)),
          );
        assert.equal(readFileSync(file, 'utf8'), text);
      }
    }));
});

const keysIn = (folder: string) => {
  const { credentialsKey, credentialsKeyPrevious } = openSecrets(folder).secrets;
  return [credentialsKey, credentialsKeyPrevious];
};

describe('the key that seals passwords', () => {
  const [first, second, third] = Array.from({ length: 3 }, () => randomBytes(32).toString('base64'));
  const refuses = (folder: string, given: Parameters<typeof openSecrets>[1], reason: RegExp): void => {
    const before = readFileSync(join(folder, 'secrets.json'), 'utf8');
    for (const work of [openSecrets, checkKeys])
      assert.throws(
        () => work(folder, given!),
        (error) =>
          isAppError(error, 'BAD_CONFIGURATION') &&
          reason.test(error.message) &&
          ![first, second, third].some((key) => error.message.includes(key!)),
      );
    assert.equal(readFileSync(join(folder, 'secrets.json'), 'utf8'), before);
  };

  it('is the one that was given at the first start', () =>
    withFolder((folder) => {
      openSecrets(folder, { credentialsKey: first });
      openSecrets(folder, { credentialsKey: first });
      assert.deepEqual(keysIn(folder), [first, undefined]);
    }));

  it('is not changed to one that could not open what is stored', () =>
    withFolder((folder) => {
      openSecrets(folder, { credentialsKey: first });
      refuses(folder, { credentialsKey: second }, /secrets\.json.*CREDENTIALS_KEY_PREVIOUS/);
      refuses(folder, { credentialsKey: second, credentialsKeyPrevious: third }, /CREDENTIALS_KEY_PREVIOUS/);
    }));

  it('is changed when the one before is given with it, and both are kept, readable by their owner only', () =>
    withFolder((folder) => {
      openSecrets(folder, { credentialsKey: first });
      openSecrets(folder, { credentialsKey: second, credentialsKeyPrevious: first });
      assert.deepEqual(keysIn(folder), [second, first]);
      assert.equal(statSync(join(folder, 'secrets.json')).mode & 0o777, 0o600);
      refuses(folder, { credentialsKey: third, credentialsKeyPrevious: second }, /credentialsKeyPrevious/);
      openSecrets(folder, { credentialsKey: first, credentialsKeyPrevious: second });
      assert.deepEqual(keysIn(folder), [first, second]);
    }));

  it('keeps the one before until its change is over', () =>
    withFolder((folder) => {
      openSecrets(folder, { credentialsKey: first });
      openSecrets(folder, { credentialsKey: second, credentialsKeyPrevious: first });
      const reason = /CREDENTIALS_KEY_PREVIOUS .* is not the key before in .*secrets\.json/;
      refuses(folder, { credentialsKeyPrevious: third }, reason);
      refuses(folder, { credentialsKey: second, credentialsKeyPrevious: third }, reason);
      openSecrets(folder, { credentialsKeyPrevious: first });
      assert.deepEqual(keysIn(folder), [second, first]);
    }));
});
