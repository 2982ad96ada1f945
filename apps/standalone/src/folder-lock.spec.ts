import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sendpool-folder-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const refusesIt = (said: RegExp): void =>
  assert.throws(
    () => lockFolder(folder),
    (error) => isAppError(error, 'BAD_CONFIGURATION') && said.test(error.message) && error.message.includes(folder),
  );

const inUse = /^another launcher runs in .*stop that one, or set DATA_DIR to another folder\.$/;

/** A process that has locked the folder, and says so. */
const holder = async () => {
  const script = `const { lockFolder } = await import(process.argv[1]);
    lockFolder(process.argv[2]);
    console.log('locked');
    setInterval(() => undefined, 1_000);`;
  const module = new URL('folder-lock.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
};

describe('a data folder', () => {
  it('has one launcher at a time, and says to the second one what to do', () => {
    const release = lockFolder(folder);
    refusesIt(inUse);
    assert.deepEqual(readdirSync(folder), ['launcher.lock']);
    assert.equal(statSync(join(folder, 'launcher.lock')).size, 0);
    release();
    release();
    lockFolder(folder)();
  });

  it('is free again when its launcher was killed, and not before', async () => {
    const child = await holder();
    try {
      refusesIt(inUse);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    lockFolder(folder)();
  });

  it('says why it cannot be locked', () => {
    writeFileSync(join(folder, 'launcher.lock'), 'no lock');
    refusesIt(/launcher\.lock cannot be locked: /);
  });
});
