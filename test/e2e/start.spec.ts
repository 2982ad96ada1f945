/** npm start as a user meets it: what it prints, that it stops on Ctrl-C, and what is left when it is killed. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
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

/** A Kafka broker of before 2.0: asked what it understands, it says UNSUPPORTED_VERSION. */
const startOldBroker = async (): Promise<Server> => {
  const broker = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const answer = Buffer.alloc(18);
      answer.writeInt32BE(14);
      request.copy(answer, 4, 8, 12); // the correlation id
      answer.writeInt16BE(35, 8);
      socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  return broker;
};

const stop = async ({ child }: Started): Promise<number | null> => {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGINT');
  return (await ended)[0];
};

const ask = async (url: string, key: string): Promise<unknown> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ pools { nodes { id } } }"}' });
  return answer.json();
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

  it('ends with the reason, and starts nothing again, when it is told to use a broker that it cannot use', async () => {
    const broker = await startOldBroker();
    const { port } = broker.address() as AddressInfo;
    const child = spawn('node', ['apps/standalone/src/main.ts', '--cluster'], {
      env: { ...process.env, DATA_DIR: join(folder, 'other'), PORT: '0', KAFKA_BROKERS: `127.0.0.1:${port}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const began = performance.now();
    const [code] = (await once(child, 'close')) as [number];
    broker.close();
    assert.ok(performance.now() - began < 60_000);
    assert.equal(code, 1);
    assert.match(said, /^\S+ cannot run with these settings \(.*use a broker from 2\.4 to 4\.x.*\); see \S+\.log\n$/);
  });
});
