import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const logFile = fileURLToPath(new URL('./log.ts', import.meta.url));

/** More than the pipe takes, so that something waits when the process ends. */
const program = `
  const { createLog } = await import(${JSON.stringify(logFile)});
  const log = createLog({ name: 'spec', level: 'info' });
  for (let line = 0; line < 5_000; line += 1) log.info({ filler: 'x'.repeat(500) }, 'a line');
  process.stdin.once('data', () => {
    log.info({}, 'the last one');
    process.exit(7);
  });
  process.stderr.write('ready');
`;

describe('a process whose log nobody reads any more', () => {
  it('ends when it is told to, with its exit code', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
    await once(child.stderr, 'data');
    child.stdout.destroy();
    child.stdin.write('go');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(timer);
    assert.deepEqual({ code, signal }, { code: 7, signal: null });
  });
});
