/** Docs stay true only when a test reads them: error codes both ways, commands, and the rooms that the architecture page names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const read = (file: string): string => readFileSync(file, 'utf8');
const allMatches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!).sort();

describe('the docs', () => {
  it('docs/errors.md names exactly the codes of AppError', () => {
    const source = read('libs/kernel/src/app-error.ts').split('export class')[0]!;
    const inSource = allMatches(source, /\| '([A-Z_]+)'/g);
    assert.ok(inSource.length > 5);
    assert.deepEqual(allMatches(read('docs/errors.md'), /^\| `([A-Z_]+)` +\|/gm), inSource);
  });

  it('every npm command of README.md and CONTRIBUTING.md is a script of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = allMatches(read('README.md') + read('CONTRIBUTING.md'), /`npm (?:run )?(?!run`)([a-z]+)/g);
    assert.ok(named.includes('demo') && named.includes('test'));
    for (const name of named) assert.ok(name in scripts || name === 'ci', `npm run ${name} is not a script`);
  });

  it('.ci/run calls the commands of the README', () => {
    const commands = allMatches(read('.ci/run'), /npm run --silent ([a-z]+)/g);
    assert.deepEqual([...new Set(commands)], ['check', 'demo', 'faults', 'test']);
    for (const command of commands) assert.match(read('README.md'), new RegExp(`npm (run )?${command}`));
  });

  it('every link of the docs leads to a file', () => {
    for (const file of [
      'README.md',
      'CONTRIBUTING.md',
      'docs/architecture.md',
      'docs/protocol.md',
      'docs/operations.md',
    ])
      for (const link of allMatches(read(file), /\]\((?!http|#)([^)#]+)/g)) {
        const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
        assert.ok(existsSync(folder + link), `${file} links to ${link}`);
      }
  });
});
