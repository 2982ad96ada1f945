/** docs/first-campaign.md word by word: its commands in one shell, each answer compared with the one that the page shows. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { freePort } from '../../apps/standalone/src/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-first-'));
const page = readFileSync('docs/first-campaign.md', 'utf8');

const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, found]) => found === language).map(([, , text]) => text!);

/** Ids differ from run to run. */
const withoutIds = (text: string): string => text.trim().replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, 'ID');

/** Each in a group of its own: npm and bash have children. */
const launch = (command: string, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn('bash', ['-c', command], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const until = (child: ChildProcess, sign: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (sign.test(said)) resolve(said);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  process.kill(-child.pid!, 'SIGTERM');
  await gone;
};

describe('the page about a first campaign', () => {
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) await end(child);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is true, word by word, but for ports, key and the folder of temporary files', async () => {
    const [port, smtpPort] = [await freePort(), await freePort()];
    const here = (text: string): string =>
      text.replaceAll('4000', String(port)).replaceAll('2525', String(smtpPort)).replaceAll('/tmp/', `${folder}/`);
    const system = launch('exec node apps/standalone/src/main.ts', { DATA_DIR: join(folder, 'data'), PORT: `${port}` });
    const sink = launch(here(blocks('sh')[0]!));
    children.push(system, sink);
    const [, key] = /(sp_\S+)/.exec(await until(system, /Ctrl-C/))!;
    await until(sink, /"port":/);
    const commands = here(blocks('bash').join('\n')).replace('sp_xxxxxxxx_...', key!);
    const shell = launch(`set -euo pipefail\n${commands}\necho THE END`);
    children.push(shell);
    const said = await until(shell, /THE END/);
    const shown = blocks('text').map(withoutIds).join('\n');
    assert.equal(withoutIds(said.replace('THE END', '')), shown);
  });
});
