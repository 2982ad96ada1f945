/** A program as it is started by hand: what it says, on both of its outputs, and how it ends. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { sleep } from '@sendpool/kernel';

export type Program = {
  child: ChildProcess;
  ended: Promise<number | null>;
  /** Of its first output, without the empty ones. */
  lines(): string[];
  /** On both outputs. */
  said(): string;
};

export const startProgram = (command: readonly string[], env: NodeJS.ProcessEnv, cwd = process.cwd()): Program => {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd });
  const heard = { out: '', all: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    heard.out += chunk.toString();
    heard.all += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => (heard.all += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const lines = (): string[] => heard.out.split('\n').filter((line) => line !== '');
  return { child, ended, lines, said: () => heard.all };
};

export const until = async (program: Program, holds: () => boolean, timeoutMs = 60_000): Promise<void> => {
  for (const end = Date.now() + timeoutMs; !holds(); await sleep(20))
    assert.ok(Date.now() < end, `it has not come to that: ${program.said()}`);
};

/** For `skip`: the examples in Python need 3.9. */
export const withoutPython =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0
    ? false
    : 'not part of the project: no Python 3.9 is installed';
