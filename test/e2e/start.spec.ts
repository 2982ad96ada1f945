/** npm start as a user meets it: what it prints, that it stops on Ctrl-C, and what is left when it is killed. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-start-'));
const data = join(folder, 'data');

type Started = { child: ChildProcess; text: string; url: string; key: string | undefined };

const start = async (): Promise<Started> => {
  const child = spawn('node', ['apps/standalone/src/main.ts'], {
    env: { ...process.env, DATA_DIR: data, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  while (!text.includes('Ctrl-C')) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${text}`);
    await sleep(50);
  }
  const [url] = /http:\S+/.exec(text)!;
  return { child, text, url, key: /sp_\S+/.exec(text)?.[0] };
};

const stop = async ({ child }: Started): Promise<number | null> => {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGINT');
  return (await ended)[0];
};

/** A whole run of the launcher that ends by itself. */
const run = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, PORT: '0', ...env } };
    execFile('node', ['apps/standalone/src/main.ts', ...args], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

const ask = async (url: string, key: string): Promise<unknown> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ pools { nodes { id } } }"}' });
  return answer.json();
};

const untilOpen = async (url: string, key: string): Promise<void> => {
  assert.match(key, /^sp_\S+$/);
  for (let tries = 0; !JSON.stringify(await ask(url, key)).includes('nodes'); tries++, await sleep(100))
    assert.ok(tries < 100, 'the gateway does not know the key');
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('npm start', () => {
  let running: Started | undefined;
  let key: string | undefined;
  afterEach(async () => {
    if (running?.child.exitCode === null && running.child.signalCode === null) await stop(running);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints the address, the data folder and the first admin key, answers with it, and stops on Ctrl-C within 30 s', async () => {
    running = await start();
    key = running.key;
    assert.ok(running.text.includes(data));
    assert.deepEqual(await ask(running.url, key!), { data: { pools: { nodes: [] } } });
    const page = await fetch(/http:\S+\/graphiql/.exec(running.text)![0]);
    assert.match(await page.text(), /<title>Sendpool GraphiQL</);
    const began = performance.now();
    assert.equal(await stop(running), 0);
    assert.ok(performance.now() - began < 30_000);
  });

  it('shows no key at the second start; the first one still opens the door', async () => {
    running = await start();
    assert.equal(running.key, undefined);
    assert.deepEqual(await ask(running.url, key!), { data: { pools: { nodes: [] } } });
  });

  it('killed with -9 takes its services along, and the next start goes on with the same data', async () => {
    running = await start();
    const table = JSON.parse(readFileSync(join(data, 'processes.json'), 'utf8')) as Record<string, { pid: number }>;
    const { postgres, ...processes } = table; // the next start takes that one over
    assert.ok(isAlive(postgres!.pid));
    running.child.kill('SIGKILL');
    const pids = Object.values(processes).map(({ pid }) => pid);
    for (let tries = 0; pids.some(isAlive) && tries < 200; tries++) await sleep(100);
    assert.deepEqual(pids.filter(isAlive), []);
    running = await start();
    assert.deepEqual(await ask(running.url, key!), { data: { pools: { nodes: [] } } });
  });

  it('prints a new admin key on request, while it runs and while it does not', async () => {
    running = await start();
    const { code, out } = await run(['--new-admin-key'], { DATA_DIR: data });
    assert.equal(code, 0);
    await untilOpen(running.url, out.trim());
    assert.equal(await stop(running), 0);
    const again = await run(['--new-admin-key'], { DATA_DIR: data });
    assert.notEqual(again.out, out);
    running = await start();
    await untilOpen(running.url, again.out.trim());
    assert.deepEqual(await ask(running.url, key!), { data: { pools: { nodes: [] } } });
  });

  it('starts no cluster on this data: its event log is another one', async () => {
    const { code, out, err } = await run(['--cluster'], { DATA_DIR: data });
    assert.deepEqual([code, out.split('\n').length], [1, 2]);
    assert.match(err, /^\S+ keeps its event log in PostgreSQL, not in [^\n]*DATA_DIR[^\n]*\n$/);
  });

  it('starts nothing with another key for passwords', async () => {
    const CREDENTIALS_KEY = Buffer.alloc(32, 1).toString('base64');
    const { code, err } = await run([], { DATA_DIR: data, CREDENTIALS_KEY });
    assert.equal(code, 1);
    assert.match(err, /^CREDENTIALS_KEY \(\w{8}\) is not the key in [^\n]*\n$/);
  });
});
