import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { applyEdits } from './plant-hook.ts';
import { plants } from './plants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hook = fileURLToPath(new URL('plant-hook.ts', import.meta.url));

describe('a planted bug', () => {
  for (const [name, { edits }] of Object.entries(plants)) {
    it(`${name} finds its text in today's sources and gets into a process that loads them`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'sendpool-plant-'));
      const note = join(folder, 'planted');
      try {
        for (const { module } of edits) {
          const url = pathToFileURL(join(root, module)).href;
          const env = { ...process.env, FAULTS_PLANT: name, FAULTS_PLANTED: note };
          execFileSync(process.execPath, ['--import', hook, '--input-type=module', '-e', `await import('${url}')`], {
            env,
          });
          assert.match(readFileSync(note, 'utf8'), new RegExp(module));
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  it('stops the process when the text is not there, or there twice', () => {
    const edit = { module: 'x.ts', find: 'one();', replace: 'two();' };
    assert.equal(applyEdits('one(); three();', [edit]), 'two(); three();');
    assert.throws(() => applyEdits('three();', [edit]), /x\.ts/);
    assert.throws(() => applyEdits('one(); one();', [edit]), /x\.ts/);
  });
});
