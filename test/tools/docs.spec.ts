/** Docs stay true only when a test reads them: error codes both ways, commands, and the rooms that the architecture page names. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
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

  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const pages = globSync('{*.md,docs/**/*.md,docker/**/*.md,examples/**/*.md,{apps,libs}/*/README.md}');

  it('every npm command of a page is a script of package.json', () => {
    const named = pages.flatMap((page) =>
      allMatches(read(page), /(?:`|^ *)npm (?:run )?(?:-\S+ )*(?!run\b)([a-z][a-z-]*)/gm).map((name) => ({
        page,
        name,
      })),
    );
    for (const name of ['demo', 'test', 'recount', 'restore-lanes', 'reseal', 'sink'])
      assert.ok(
        named.some((one) => one.name === name),
        name,
      );
    for (const { page, name } of named)
      assert.ok(name in scripts || name === 'ci' || name === 'install', `${page}: npm run ${name} is not a script`);
  });

  it('every script installs what is missing first, the Node it runs on among it', () => {
    for (const name of Object.keys(scripts).filter((one) => !one.startsWith('pre')))
      assert.equal(scripts[`pre${name}`], 'bash tools/install.sh', name);
  });

  it('no page starts a file with the `node` of the shell, which may be too old to read TypeScript', () => {
    assert.ok(pages.length > 15);
    for (const page of pages)
      for (const line of read(page).split('\n'))
        assert.doesNotMatch(line, /(?<!npx )\bnode (?:--\S+ )*[\w./-]+\.ts\b/, page);
  });

  it('.ci/run calls the commands of the README', () => {
    const commands = allMatches(read('.ci/run'), /npm run --silent ([a-z]+)/g);
    assert.deepEqual([...new Set(commands)], ['check', 'demo', 'faults', 'test']);
    for (const command of commands) assert.match(read('README.md'), new RegExp(`npm (run )?${command}`));
  });

  it('every link of the docs leads to a file', () => {
    for (const file of pages)
      for (const link of allMatches(read(file).replaceAll(/`[^`\n]*`/g, ''), /\]\((?!http|#)([^)#]+)/g)) {
        const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
        assert.ok(existsSync(folder + link), `${file} links to ${link}`);
      }
  });
});
