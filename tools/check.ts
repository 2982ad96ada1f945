/** npm run check: everything that can be known without running the product, one step after the other; stops at no fault, fails at the end. */
import { spawnSync } from 'node:child_process';
import { readCommandLine } from '@sendpool/service';

const steps: { name: string; command: string[] }[] = [
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'schema', command: ['node', 'tools/compose.ts', '--check'] },
  {
    name: 'schema lint',
    command: ['eslint', '--config', 'tools/schema.eslint.mjs', '--max-warnings', '0', 'apps/gateway/public.graphql'],
  },
  { name: 'roles', command: ['node', 'tools/roles.ts', '--check'] },
  { name: 'schema changes', command: ['node', 'tools/schema-changes.ts'] },
  { name: 'schema words', command: ['node', 'tools/schema-lint.ts'] },
  { name: 'codegen', command: ['nx', 'run-many', '-t', 'codegen'] },
  {
    name: 'codegen of the examples',
    command: ['graphql-codegen', '--config', 'examples/typescript/codegen.ts'],
  },
  { name: 'boundaries', command: ['node', 'tools/boundaries.ts'] },
  { name: 'dead code', command: ['knip', '--no-config-hints', '--no-gitignore'] },
  { name: 'licences', command: ['node', 'tools/licences.ts'] },
  { name: 'docker', command: ['node', 'tools/docker-check.ts'] },
  { name: 'lint and types', command: ['nx', 'run-many', '-t', 'lint,typecheck'] },
  {
    name: 'lint of tests, tools and examples',
    command: ['oxlint', '-c', '.oxlintrc.json', 'test', 'tools', 'examples', 'apps/standalone/demo'],
  },
  {
    name: 'types of tests, tools and examples',
    command: ['node', 'node_modules/typescript-native/bin/tsc', '-p', '.'],
  },
];

const usage = `npm run check

Runs one after the other, and fails at the end when one of them did:
${steps.map(({ name }) => `  ${name}`).join('\n')}`;

readCommandLine({ usage, options: {} });
const failed: string[] = [];
for (const { name, command } of steps) {
  const began = performance.now();
  const [program, ...args] = command as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) {
    for (const line of stdout.split('\n')) if (line.startsWith('SKIPPED')) console.log(line);
    continue;
  }
  failed.push(name);
  console.log(stdout, stderr);
}
console.log(failed.length === 0 ? 'check: all passed' : `check: FAILED: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
