/** A service as a process of its own: what signals and faults do to it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const door = new URL('./index.ts', import.meta.url).href;

/** Runs a process that cannot even be prepared; everything it writes. */
const runUnprepared = (prepare: string) => {
  const source = `
    import { readEnv, runService } from ${JSON.stringify(door)};
    import { z } from 'zod';
    await runService('test', async () => { ${prepare} });`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
};

/** Runs a service whose one part has this source; `onReady` gets the process once it says that it is ready. */
const run = (part: string, onReady: (child: { kill(signal: NodeJS.Signals): void; output(): string }) => void) => {
  const source = `
    import { createLog, createMetrics, runService } from ${JSON.stringify(door)};
    const log = createLog({ name: 'test', level: 'info' });
    const part = ${part};
    await runService('test', async () => ({ http: { host: '127.0.0.1', port: 0 }, parts: [part], log, metrics: createMetrics('test') }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let told = false;
  const handle = { kill: (signal: NodeJS.Signals) => void child.kill(signal), output: () => output };
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (told || !output.includes('test is ready')) return;
    told = true;
    onReady(handle);
  });
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
};

describe('a service process', () => {
  it('stops its parts at SIGTERM and exits 0', async () => {
    const part = `{ name: 'part', stop: async () => log.info({}, 'part has stopped') }`;
    const { code, output } = await run(part, (child) => child.kill('SIGTERM'));
    assert.equal(code, 0);
    assert.match(output, /part has stopped[^]*test has stopped/);
  });

  it('goes on with its stop when a second signal comes', async () => {
    const part = `{ name: 'part', stop: () => new Promise((done) => setTimeout(done, 300)) }`;
    const { code } = await run(part, (child) => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGTERM'), 100);
      setTimeout(() => child.kill('SIGINT'), 150);
    });
    assert.equal(code, 0);
  });

  it('exits 1 when a part fails to stop', async () => {
    const part = `{ name: 'part', stop: async () => { throw new Error('stuck') } }`;
    assert.equal((await run(part, (child) => child.kill('SIGINT'))).code, 1);
  });

  it('logs and exits 1 when something is thrown that nobody catches', async () => {
    const part = `{ name: 'part', start: async () => void setTimeout(() => { throw new Error('bug 42') }, 50) }`;
    const { code, output } = await run(part, () => {});
    assert.equal(code, 1);
    assert.match(output, /bug 42/);
    const rejection = `{ name: 'part', start: async () => void setTimeout(() => Promise.reject(new Error('bug 43')), 50) }`;
    assert.match((await run(rejection, () => {})).output, /bug 43/);
  });

  it('says in one line what is wrong with its environment, without a stack, and exits 1', () => {
    const { status, stdout, stderr } = runUnprepared(
      `readEnv(z.object({ SOME_PORT: z.coerce.number(), OTHER: z.string() }));`,
    );
    assert.deepEqual([status, stderr, stdout.trimEnd().split('\n').length], [1, '', 1]);
    const line = JSON.parse(stdout) as Record<string, string>;
    assert.match(line['msg']!, /^test could not start: the environment is not usable:[^]*SOME_PORT: [^]*OTHER: /);
    assert.deepEqual(
      [line['level'], line['code'], stdout.includes('run-service')],
      ['error', 'BAD_CONFIGURATION', false],
    );
  });

  it('logs a bug in its preparation with its stack, and exits 1', () => {
    const { status, stdout } = runUnprepared(`throw new TypeError('bug 44');`);
    assert.equal(status, 1);
    assert.match(stdout, /could not start: bug 44/);
    assert.match(stdout, /"stack":"TypeError: bug 44/);
  });

  it('exits 1 when a part cannot start', async () => {
    const { code, output } = await run(
      `{ name: 'part', start: async () => { throw new Error('no database') } }`,
      () => {},
    );
    assert.equal(code, 1);
    assert.match(output, /could not start: no database/);
  });
});
