import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError, messageOf } from '@sendpool/kernel';
import { clusterShape, singleShape } from './shape.ts';
import { startSystem, type SystemOptions } from './system.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sendpool-preflight-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a start says that is refused, which must be before anything runs or lies in the folder. */
const refusalOf = async (options: Partial<SystemOptions>): Promise<string> => {
  const began = performance.now();
  const start = startSystem({
    dataFolder: folder,
    shape: singleShape,
    gatewayPort: 0,
    logLevel: 'info',
    onRestart: () => undefined,
    ...options,
  });
  const error: unknown = await start.then(
    async (system) => {
      await system.stop(5_000);
      return new Error('it was not refused');
    },
    (fault: unknown) => fault,
  );
  assert.ok(isAppError(error, 'BAD_CONFIGURATION'), messageOf(error));
  assert.ok(!error.message.includes('\n'), error.message);
  assert.ok(!error.message.includes('hunter2'), error.message);
  assert.deepEqual(readdirSync(folder), []);
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
});
