import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError, messageOf } from '@sendpool/kernel';
import { lockFolder } from './folder-lock.ts';
import { clusterShape, singleShape } from './shape.ts';
import { startSystem, type SystemOptions } from './system.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sendpool-preflight-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Without the lock, which is empty and stays. */
const leftIn = (path: string): string[] => readdirSync(path).filter((name) => name !== 'launcher.lock');

/** What a start throws that comes to nothing. */
const faultOf = (options: Partial<SystemOptions>): Promise<unknown> => {
  const start = startSystem({
    dataFolder: folder,
    shape: singleShape,
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: () => undefined,
    ...options,
  });
  return start.then(
    async (system) => {
      await system.stop(5_000);
      return new Error('it was not refused');
    },
    (fault: unknown) => fault,
  );
};

/** What a start says that is refused, which must be before anything runs or lies in the folder. */
const refusalOf = async (options: Partial<SystemOptions>): Promise<string> => {
  const began = performance.now();
  const error = await faultOf(options);
  assert.ok(isAppError(error, 'BAD_CONFIGURATION'), messageOf(error));
  assert.ok(!error.message.includes('\n'), error.message);
  assert.ok(!error.message.includes('hunter2'), error.message);
  assert.deepEqual(leftIn(folder), []);
  assert.ok(performance.now() - began < 10_000);
  return error.message;
};

const withVariable = async (name: string, value: string, work: () => Promise<void>): Promise<void> => {
  process.env[name] = value;
  await work().finally(() => delete process.env[name]);
};

describe('a start that cannot succeed', () => {
  it('names every wrong variable of every service, each once', () =>
    withVariable('LANES', 'zero', () =>
      withVariable('RETRY_DELAYS_SECONDS', 'soon', async () => {
        const said = await refusalOf({});
        assert.match(said, /^the environment is not usable: .*LANES/);
        assert.match(said, /RETRY_DELAYS_SECONDS/);
        assert.equal(said.split('LANES').length, 2);
      }),
    ));

  it('names a database that does not answer', async () => {
    const said = await refusalOf({ databaseUrl: 'postgres://u:hunter2@127.0.0.1:1/x' });
    assert.match(said, /^DATABASE_URL: 127\.0\.0\.1:1\/x cannot be used: .*ECONNREFUSED/);
  });

  it('names brokers that do not answer', async () => {
    const said = await refusalOf({ shape: clusterShape, kafkaBrokers: 'u:hunter2@127.0.0.1:1,127.0.0.1:2?sasl=plain' });
    assert.match(said, /no broker can be reached: 127\.0\.0\.1:1 \(ECONNREFUSED\), 127\.0\.0\.1:2 \(ECONNREFUSED\)$/);
  });

  it('names brokers whose parameters are wrong', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const said = await refusalOf({ shape: clusterShape, kafkaBrokers: `u:hunter2@127.0.0.1:${port}?tls=perhaps` });
    server.close();
    assert.match(
      said,
      new RegExp(`^KAFKA_BROKERS: 127\\.0\\.0\\.1:${port} cannot be used: .*needs true or false as tls`),
    );
  });

  it('names a folder that cannot be made', async () => {
    assert.match(await refusalOf({ dataFolder: '/proc/x' }), /the folder \/proc\/x cannot be made/);
    assert.match(await refusalOf({ dataFolder: join('/dev/null', 'x') }), /cannot be made/);
  });

  it('says that another launcher runs in the folder, before it looks at anything else', async () => {
    const release = lockFolder(folder);
    assert.match(await refusalOf({ databaseUrl: 'postgres://127.0.0.1:1/x' }), /^another launcher runs in .*DATA_DIR/);
    release();
    assert.match(await refusalOf({ databaseUrl: 'postgres://127.0.0.1:1/x' }), /ECONNREFUSED/);
  });
});

/** Takes connections and never says a word. */
const startMute = async (): Promise<{ address: string; heard: Promise<unknown>; stop(): void }> => {
  const server = createServer();
  const sockets = new Set<Socket>();
  const heard = once(server, 'connection');
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, heard, stop };
};

/** A start that is ended as soon as it has called `address` is over at once, and leaves the folder to the next one. */
const endsAtOnce = async (optionsFor: (address: string) => Partial<SystemOptions>): Promise<void> => {
  const mute = await startMute();
  const end = new AbortController();
  const fault = faultOf({ ...optionsFor(mute.address), signal: end.signal });
  await mute.heard;
  const began = performance.now();
  end.abort();
  const error = await fault;
  const took = performance.now() - began;
  mute.stop();
  assert.ok(isAppError(error, 'UNAVAILABLE') && error.message === 'the start was ended', messageOf(error));
  assert.ok(took < 1_000, `it took ${took} ms`);
  lockFolder(folder)();
};

describe('a start that is ended while it waits for an answer', () => {
  it('ends at once when the database is mute', () =>
    endsAtOnce((address) => ({ databaseUrl: `postgres://u:hunter2@${address}/x` })));

  it('ends at once when the brokers are mute', () =>
    endsAtOnce((address) => ({ shape: clusterShape, kafkaBrokers: address })));

  it('does not begin when it was ended before', async () => {
    const error = await faultOf({ signal: AbortSignal.abort() });
    assert.ok(isAppError(error, 'UNAVAILABLE'), messageOf(error));
    assert.deepEqual(leftIn(folder), []);
  });
});
