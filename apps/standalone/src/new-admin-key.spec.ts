import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { readStandaloneEnv } from './env.ts';
import { printNewAdminKey } from './new-admin-key.ts';
import { singleShape } from './shape.ts';

describe('npm start -- --new-admin-key', () => {
  it('makes no database in a folder whose database is elsewhere, and asks for DATABASE_URL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sendpool-new-admin-key-'));
    try {
      writeFileSync(join(folder, 'secrets.json'), '{}');
      await assert.rejects(
        printNewAdminKey(readStandaloneEnv(singleShape, { DATA_DIR: folder })),
        (error) => isAppError(error, 'BAD_CONFIGURATION') && /DATABASE_URL/.test(error.message),
      );
      assert.ok(!existsSync(join(folder, 'postgres')));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
