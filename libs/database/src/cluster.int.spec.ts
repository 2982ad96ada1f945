import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAppError } from '@sendpool/kernel';
import pg from 'pg';
import { startCluster, type Cluster } from './cluster.ts';

const ask = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

const makeFolder = (): { path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'sendpool-cluster-spec-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

/** Starts the folder's cluster in a process of its own and kills that process; resolves when it is gone. The server lives on. */
const abandon = async (directory: string): Promise<void> => {
  const program = `import { startCluster } from ${JSON.stringify(new URL('cluster.ts', import.meta.url).href)};
    const cluster = await startCluster({ directory: ${JSON.stringify(directory)}, durable: true });
    console.log(cluster.url);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim())),
  );
  await ask(url, 'create table kept as select 42 as answer');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
};

test('a durable cluster keeps its data and its password over a restart on the same port, in a folder closed to others', async () => {
  using folder = makeFolder();
  chmodSync(folder.path, 0o700);
  const directory = join(folder.path, 'inner', 'cluster');
  const first = await startCluster({ directory, durable: true });
  const [settings] = await ask(
    first.url,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync`,
  );
  assert.deepEqual(settings, { fsync: 'on', sync: 'on' });
  await ask(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await startCluster({ directory, durable: true, port: first.port });
  assert.equal(second.url, first.url);
  assert.deepEqual(await ask(second.url, 'select * from kept'), [{ answer: 42 }]);
  await second.stop();
  assert.ok(existsSync(directory));
});

test('a cluster whose server was killed by force is recovered', async () => {
  using folder = makeFolder();
  const start = (): Promise<Cluster> => startCluster({ directory: folder.path, durable: true });
  const first = await start();
  await ask(first.url, 'create table kept as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  assert.equal(await first.ended, 'exit SIGKILL');
  await first.stop();
  const second = await start();
  assert.deepEqual(await ask(second.url, 'select * from kept'), [{ answer: 42 }]);
  await second.stop();
});

test('a server that its killed owner left running is ended, and its folder taken over', async () => {
  using folder = makeFolder();
  await abandon(folder.path);
  const heir = await startCluster({ directory: folder.path, durable: true });
  assert.deepEqual(await ask(heir.url, 'select * from kept'), [{ answer: 42 }]);
  await heir.stop();
});

const badConfiguration = (text: RegExp) => (error: unknown) =>
  isAppError(error, 'BAD_CONFIGURATION') && text.test(error.message);

test('a folder in use, a port in use and a start that fails are clear faults, and leave nothing running', async () => {
  using folder = makeFolder();
  const first = await startCluster({ directory: folder.path });
  await assert.rejects(startCluster({ directory: folder.path }), badConfiguration(/in use by process/));
  await assert.rejects(startCluster({ port: first.port }), badConfiguration(/Address already in use/));
  assert.deepEqual(await ask(first.url, 'select 1 as one'), [{ one: 1 }]);
  await first.stop();
  writeFileSync(join(folder.path, 'data', 'postgresql.conf'), 'nonsense = 1\n');
  await assert.rejects(startCluster({ directory: folder.path }), badConfiguration(/nonsense/));
});

test('a throw-away cluster leaves no folder behind', async () => {
  const cluster = await startCluster();
  assert.ok(existsSync(cluster.directory));
  await cluster.stop();
  assert.ok(!existsSync(cluster.directory));
});
