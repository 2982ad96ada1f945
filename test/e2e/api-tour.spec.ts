/** docs/api.md word by word: every request of the page is sent to a running Sendpool, and every answer compared with the one shown. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { freePort } from '../../apps/standalone/src/ports.ts';
import { startProgram, until as untilIt, type Program } from './program.ts';
import { compareJson, compareText, fill, isShown, stepsOf, type Bindings, type Step } from './tour-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-tour-'));
const cursorFile = join(folder, 'cursor.txt');
/** Below the packages, so that a program of the page finds its imports. */
const programs = '.results/tour';
const page = readFileSync('docs/api.md', 'utf8');

/** What the script of package.json runs: `npm run` would install first, and a test must leave the packages alone. */
const sinkProgram = 'exec node libs/testing/src/sink-main.ts';

const launch = (command: string, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn('bash', ['-c', command], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  process.kill(-child.pid!, 'SIGTERM');
  await gone;
};

const until = (child: ChildProcess, isEnough: (said: string) => boolean, timeoutMs = 60_000): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`it has not come: ${said}`)), timeoutMs);
    child.once('exit', () => clearTimeout(timer));
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (isEnough(said)) resolve(said);
    });
    child.once('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`it ended with ${code}: ${said}`))));
  });

const hasCursor = (): boolean => existsSync(cursorFile) && readFileSync(cursorFile, 'utf8') !== '';

describe('the tour of the API', () => {
  const children: ChildProcess[] = [];
  const bindings: Bindings = new Map();
  let port: number;
  let smtpPort: number;

  const here = (text: string): string => text.replaceAll('4000', String(port)).replaceAll('2525', String(smtpPort));

  before(async () => {
    port = await freePort();
    smtpPort = await freePort();
    mkdirSync(programs, { recursive: true });
    const system = launch('exec node apps/standalone/src/main.ts', { DATA_DIR: join(folder, 'data'), PORT: `${port}` });
    const sink = launch(here(/^```sh\n(.*?)^```$/ms.exec(page)![1]!).replace('npm run sink --', sinkProgram));
    children.push(system, sink);
    const said = await until(system, (text) => text.includes('Ctrl-C'), 120_000);
    bindings.set('KEY', /(sp_\S+)/.exec(said)![1]!);
    await until(sink, (text) => text.includes('"port":'));
  });
  after(async () => {
    for (const child of children) await end(child);
    rmSync(folder, { recursive: true, force: true });
    rmSync(programs, { recursive: true, force: true });
  });

  const env = (): NodeJS.ProcessEnv => ({ ...Object.fromEntries(bindings), CURSOR_FILE: cursorFile });

  const runShell = async ({ text, shown }: Step & { kind: 'SHELL' | 'PROGRAM' }): Promise<void> => {
    const child = launch(`set -euo pipefail\n${here(text)}`, env());
    children.push(child);
    compareText(await until(child, () => false), shown, bindings);
  };

  /** Until it has said what the page shows: it would go on for ever. */
  const runProgram = async ({ text, shown }: Step & { kind: 'SHELL' | 'PROGRAM' }): Promise<void> => {
    const file = join(programs, 'program.ts');
    writeFileSync(file, here(text));
    const child = launch(`exec node ${file}`, env());
    children.push(child);
    compareText(await until(child, (said) => isShown(said, shown, bindings)), shown, bindings);
    for (let tries = 0; !hasCursor(); tries += 1, await sleep(50)) assert.ok(tries < 100, 'it stores no cursor');
    await end(child);
  };

  const ask = async ({ text, variables, shown }: Step & { kind: 'GRAPHQL' }): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bindings.get('KEY')!}`, 'content-type': 'application/json' },
      body: here(JSON.stringify({ query: text, variables: fill(variables, bindings) })),
    });
    compareJson(await response.json(), shown, bindings);
  };

  for (const [number, step] of stepsOf(page).entries()) {
    const [firstLine] = step.text.trim().split('\n');
    it(`is true in step ${number + 1}, ${step.kind.toLowerCase()}: ${firstLine!.slice(0, 80)}`, async () => {
      if (step.kind === 'GRAPHQL') await ask(step);
      else if (step.kind === 'PROGRAM') await runProgram(step);
      else await runShell(step);
    });
  }

  describe('the program of the page', () => {
    const { text } = stepsOf(page).find(({ kind }) => kind === 'PROGRAM')!;
    const start = (change: NodeJS.ProcessEnv, source = here(text)): Program => {
      const file = join(programs, 'failing.ts');
      writeFileSync(file, source);
      const program = startProgram([process.execPath, file], {
        ...env(),
        CURSOR_FILE: join(folder, 'none'),
        ...change,
      });
      children.push(program.child);
      return program;
    };

    const lasting = [
      { what: 'a wrong key', change: { KEY: 'sp_wrong' }, said: 'Forbidden\n' },
      { what: 'text that is no cursor', change: { CURSOR: 'no-cursor' }, said: '`after` is no cursor\n' },
    ];
    for (const { what, change, said } of lasting)
      it(`says what is wrong and ends with ${what}: another try would end the same`, async () => {
        const program = start(change);
        assert.deepEqual([await program.ended, program.said()], [1, said]);
      });

    it('says in words that nobody answers, and tries again', async () => {
      const program = start({}, text.replaceAll('4000', String(await freePort())));
      await untilIt(program, () => program.said().split('\n').length > 2);
      assert.match(program.said(), /^([A-Za-z].{10,}\n){2,}$/);
      program.child.kill();
      await program.ended;
    });
  });
});
