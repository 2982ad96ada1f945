/** What npm start and npm run cluster refuse before anything runs: in one line, at once, with an exit code that says so. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-refusals-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Without the lock, which is empty and stays. */
const leftIn = (path: string): string[] => readdirSync(path).filter((name) => name !== 'launcher.lock');

type Ended = { code: number; out: string; err: string };

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, DATA_DIR: folder, PORT: '0', ...env }, timeout: 30_000 };
    execFile('node', ['apps/standalone/src/main.ts', ...args], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

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

/** One line on standard error, exit code 1, and nothing was made. */
const refuses = async (said: RegExp, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> => {
  const { code, err } = await run(args, env);
  assert.match(err, said);
  assert.deepEqual([code, err.trim().split('\n').length], [1, 1]);
  assert.ok(!err.includes('hunter2'));
  assert.deepEqual(leftIn(folder), []);
};

describe('the launcher', () => {
  it('prints its usage, how to get another admin key in it, and ends', async () => {
    for (const args of [['--help'], ['--cluster', '--help']]) {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /npm start[^]*--new-admin-key[^]*DATA_DIR/);
    }
    assert.deepEqual(leftIn(folder), []);
  });

  it('refuses what it does not understand, with exit code 2', async () => {
    for (const args of [['--clutser'], ['now'], ['--new-admin-key=x']]) {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /\n\nnpm start/);
    }
    assert.deepEqual(leftIn(folder), []);
  });

  it('refuses a wrong variable of a service', () =>
    refuses(/^the environment is not usable: .*LANES/, [], { LANES: 'zero' }));

  it('refuses a database that does not answer', () =>
    refuses(/^DATABASE_URL: 127\.0\.0\.1:1\/x .*ECONNREFUSED/, [], {
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x',
    }));

  it('refuses brokers that do not answer', () =>
    refuses(/^KAFKA_BROKERS: .*127\.0\.0\.1:1 \(ECONNREFUSED/, ['--cluster'], { KAFKA_BROKERS: '127.0.0.1:1' }));

  it('refuses a broker that it cannot use', async () => {
    const broker = await startOldBroker();
    const { port } = broker.address() as AddressInfo;
    const said = new RegExp(
      `^KAFKA_BROKERS: 127\\.0\\.0\\.1:${port} cannot be used: .*use a broker from 2\\.4 to 4\\.x`,
    );
    await refuses(said, ['--cluster'], { KAFKA_BROKERS: `127.0.0.1:${port}` }).finally(() => broker.close());
  });

  it('refuses a folder that cannot be made', () =>
    refuses(/^the folder \/proc\/x cannot be made/, [], { DATA_DIR: '/proc/x' }));

  it('has no key for a folder in which nothing has run', () =>
    refuses(/^no Sendpool has run in /, ['--new-admin-key'], {}));
});
