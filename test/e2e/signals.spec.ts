/** Programs that start others, ended by a signal while they start: nothing goes on without them, and nothing of theirs is left. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-signals-'));
chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
after(() => rmSync(folder, { recursive: true, force: true }));

const folderOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
};

/** Process numbers of PostgreSQL in our folder: its processes work in their data. */
const databases = (): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && folderOf(name).startsWith(folder));

/** What lies among the temporary files, but for the copy of the programs of PostgreSQL that is made once. */
const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith('sendpool-') && !name.includes('.'));

const until = async (holds: () => boolean, child: ChildProcess): Promise<void> => {
  for (let tries = 0; !holds(); tries++, await sleep(50)) {
    assert.equal(child.exitCode, null, 'it ended by itself');
    assert.ok(tries < 1_200, 'it did not come to that');
  }
};

type Run = { child: ChildProcess; said: () => string };

const begin = (args: readonly string[]): Run => {
  const env = { ...process.env, TMPDIR: folder, KAFKA_BROKERS: '127.0.0.1:1', NX_DAEMON: 'false' };
  const child = spawn('node', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, said: () => text };
};

const end = async ({ child, said }: Run, signal: NodeJS.Signals, code: number): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill(signal);
  const [status] = (await ended) as [number | null];
  assert.equal(status, code, said());
  assert.deepEqual([databases(), left()], [[], []]);
};

describe('a signal', () => {
  it('ends the demo while its database starts', async () => {
    const run = begin(['apps/standalone/demo/main.ts', '--recipients', '100']);
    await until(() => databases().length > 0, run.child);
    await end(run, 'SIGTERM', 143);
  });

  it('ends the demo in the middle of its campaign', async () => {
    const run = begin(['apps/standalone/demo/main.ts', '--recipients', '5000']);
    await until(() => run.said().includes('accepted'), run.child);
    await end(run, 'SIGINT', 130);
    assert.doesNotMatch(run.said(), /failed|promise/i);
  });

  it('ends a bench while its database starts', async () => {
    const run = begin(['test/bench/main.ts', 'idle']);
    await until(() => databases().length > 0, run.child);
    await end(run, 'SIGTERM', 143);
  });

  it('ends the tests while their database starts', async () => {
    const run = begin(['test/run.ts']);
    await until(() => databases().length > 0, run.child);
    await end(run, 'SIGTERM', 143);
  });
});
