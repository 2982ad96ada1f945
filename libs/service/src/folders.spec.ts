import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { checkWritable, makeFolder } from './folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-folders-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const isRefused = (path: RegExp) => (error: unknown) =>
  isAppError(error, 'BAD_CONFIGURATION') && path.test(error.message) && !error.message.includes('\n');

describe('a folder', () => {
  it('is made with those on the way to it, and may be there already', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep);
    makeFolder(deep);
    assert.ok(existsSync(deep));
  });

  it('that cannot be made is refused at once, also where the system only says that it is missing', () => {
    const began = performance.now();
    assert.throws(() => makeFolder('/proc/x/y'), isRefused(/\/proc\/x\/y cannot be made/));
    assert.ok(performance.now() - began < 1_000);
  });

  it('that is a file is refused', () => {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => makeFolder(join(folder, 'file')), isRefused(/it is not a folder/));
    assert.throws(() => makeFolder(join(folder, 'file', 'below')), isRefused(/cannot be made/));
  });
});

describe('a file for a report', () => {
  it('is made with its folder, and what is in it stays', () => {
    const file = join(folder, 'reports', 'one.json');
    checkWritable(file);
    writeFileSync(file, 'kept');
    checkWritable(file);
    assert.equal(readFileSync(file, 'utf8'), 'kept');
  });

  it('that cannot be written is refused', () => {
    assert.throws(() => checkWritable('/proc/x/one.json'), isRefused(/\/proc\/x cannot be made/));
    assert.throws(() => checkWritable(folder), isRefused(/cannot be written/));
  });
});
