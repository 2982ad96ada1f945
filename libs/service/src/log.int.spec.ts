import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep } from '@sendpool/kernel';

const logFile = fileURLToPath(new URL('./log.ts', import.meta.url));

/** Logs more than a pipe takes, tells its memory, and ends with a last line when it is told to. */
const program = `
  const { createLog } = await import(${JSON.stringify(logFile)});
  const log = createLog({ name: 'spec', level: 'info' });
  const before = process.memoryUsage().rss;
  for (let line = 0; line < 20_000; line += 1) log.info({ filler: 'x'.repeat(500) }, 'a line');
  process.stdin.once('data', () => {
    log.info({}, 'the last one');
    process.exit(7);
  });
  process.stderr.write(String(process.memoryUsage().rss - before));
`;

const start = (): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });

const textOf = async (stream: NodeJS.ReadableStream): Promise<string> => {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
};

const endOf = async (child: ChildProcessWithoutNullStreams): Promise<{ code: unknown; signal: unknown }> => {
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  const [code, signal] = (await once(child, 'exit')) as [unknown, unknown];
  clearTimeout(timer);
  return { code, signal };
};

const wellEnded = { code: 7, signal: null };

describe('the log on its way out', () => {
  it('is no reason not to end: a process whose reader is gone ends when it is told to, with its exit code', async () => {
    const child = start();
    await once(child.stderr, 'data');
    child.stdout.destroy();
    child.stdin.write('go');
    assert.deepEqual(await endOf(child), wellEnded);
  });

  it('is whole, with its last line, when the reader is only late', async () => {
    const child = start();
    const reading = sleep(300).then(() => textOf(child.stdout));
    await once(child.stderr, 'data');
    child.stdin.write('go');
    assert.deepEqual(await endOf(child), wellEnded);
    const lines = (await reading).trim().split('\n');
    assert.equal(lines.length, 20_001);
    assert.match(lines.at(-1)!, /the last one/);
  });

  it('costs lines and no memory when the reader stands still, and says later how many', async () => {
    const child = start();
    const [grown] = (await once(child.stderr, 'data')) as [Buffer];
    assert.ok(Number(String(grown)) < 60_000_000, `${String(grown)} bytes more`);
    const reading = textOf(child.stdout);
    await sleep(200);
    child.stdin.write('go');
    assert.deepEqual(await endOf(child), wellEnded);
    const lines = (await reading).trim().split('\n');
    for (const line of lines) JSON.parse(line);
    assert.match(lines.at(-2)!, /\d+ lines were left out: nobody read them/);
    assert.match(lines.at(-1)!, /the last one/);
  });
});
