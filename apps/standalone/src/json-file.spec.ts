import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import { z } from 'zod';
import { readJson, replaceJson } from './json-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'sendpool-json-file-'));
  file = join(folder, 'note.json');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const schema = z.object({ word: z.string() });
const read = () => readJson(file, schema, 'put it back');

/** The names of these functions in the order in which `work` calls them. */
const callsOf = (names: readonly ('fsyncSync' | 'renameSync')[], work: () => void): string[] => {
  const calls: string[] = [];
  for (const name of names) {
    const real = fs[name] as (...args: unknown[]) => void;
    mock.method(fs, name, (...args: unknown[]) => {
      calls.push(name);
      return real(...args);
    });
  }
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    mock.restoreAll();
    syncBuiltinESMExports();
  }
  return calls;
};

describe('a file of the launcher', () => {
  it('is read as it was written, and is undefined when there is none', () => {
    assert.equal(read(), undefined);
    replaceJson(file, { word: 'yes' });
    assert.deepEqual(read(), { word: 'yes' });
  });

  it('is on the disk before it gets its name, and its name is there when the call returns', () => {
    const calls = callsOf(['fsyncSync', 'renameSync'], () => replaceJson(file, { word: 'yes' }));
    assert.deepEqual(calls, ['fsyncSync', 'renameSync', 'fsyncSync']);
  });

  it('says its path, what to do, and nothing of what it holds, when it is damaged', () => {
    for (const text of ['', 'hunter2', '{"word":"hunter2"', '{"word":["hunter2"]}', 'null', '{}', '[]']) {
      fs.writeFileSync(file, text);
      assert.throws(
        read,
        (error) =>
          isAppError(error, 'BAD_CONFIGURATION') &&
          error.message === `${file} is damaged: put it back` &&
          error.cause === undefined,
      );
    }
  });

  it('says why it cannot be read', () => {
    fs.mkdirSync(file);
    assert.throws(
      read,
      (error) => isAppError(error, 'BAD_CONFIGURATION') && error.message === `${file} cannot be read (EISDIR)`,
    );
  });
});
