import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { sendingConfigTopic, type SendingServerConfig } from '@sendpool/contracts';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { createEventLog } from '@sendpool/event-log';
import { sleep } from '@sendpool/kernel';
import { keyIdOf, openSecret } from '@sendpool/service';
import { startSink, type Sink } from '@sendpool/testing';
import { startHarness, type Harness } from './service-harness.ts';

const run = promisify(execFile);
const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const base64 = (key: Buffer): string => key.toString('base64');

const createText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) {
  ... on SendingServerPayload { server { id } } } }`;
const verifyText = `mutation ($id: ID!) { verifySendingServer(input: { id: $id }) {
  ... on SendingServerPayload { server { verification { status message } } } } }`;

describe('a new CREDENTIALS_KEY', () => {
  let database: TestDatabase;
  let sink: Sink;
  let harness: Harness;
  let id: string;

  before(async () => {
    database = await freshDatabase();
    sink = await startSink({ tls: 'STARTTLS', auth: { username: 'user', password: 'hunter2' } });
    harness = await startHarness(database.url, { CREDENTIALS_KEY: base64(first) });
    const { server } = await harness.get<{ server: { id: string } }>(createText, {
      input: {
        name: 'relay',
        host: '127.0.0.1',
        port: sink.port,
        tls: 'REQUIRED',
        caCertificate: sink.certificate!.ca,
        username: 'user',
        password: 'hunter2',
        fromDomains: ['example.com'],
      },
    });
    id = server.id;
  });
  after(async () => {
    await harness.stop();
    await sink.stop();
    await database[Symbol.asyncDispose]();
  });

  const restart = async (present: Buffer, previous?: Buffer): Promise<void> => {
    await harness.stop();
    harness = await startHarness(database.url, {
      CREDENTIALS_KEY: base64(present),
      CREDENTIALS_KEY_PREVIOUS: previous === undefined ? undefined : base64(previous),
    });
  };

  const verify = async (): Promise<string> => {
    // Two verifications of a server are two seconds apart.
    await sleep(2100);
    type Answer = { server: { verification: { status: string } } };
    return (await harness.get<Answer>(verifyText, { id })).server.verification.status;
  };

  const reseal = (present: Buffer, previous: Buffer) =>
    run(process.execPath, [new URL('reseal.ts', import.meta.url).pathname], {
      env: {
        DATABASE_URL: database.url,
        CREDENTIALS_KEY: base64(present),
        CREDENTIALS_KEY_PREVIOUS: base64(previous),
      },
    });

  const published = async (): Promise<SendingServerConfig> => {
    const eventLog = await createEventLog({ url: database.url, applicationName: 'spec' });
    const records = await eventLog.read(sendingConfigTopic.name, 0, 0, 1000);
    await eventLog.close();
    return sendingConfigTopic.decode(records.at(-1)!.value) as SendingServerConfig;
  };

  it('opens what is sealed under the previous one, and is the only one needed after the command', async () => {
    await restart(second, first);
    assert.equal(await verify(), 'PASSED');
    const { stdout } = await reseal(second, first);
    assert.match(stdout, new RegExp(`^1 passwords were sealed under key ${keyIdOf(second)}`));
    await restart(second);
    assert.equal(await verify(), 'PASSED');
    assert.match((await reseal(second, first)).stdout, /^0 passwords/);
  });

  it('reaches the senders, who see the server as verified all the time', async () => {
    const { password, verified } = await published();
    assert.equal(verified, true);
    assert.equal(openSecret(password!, id, [second]), 'hunter2');
  });

  it('leaves what no key opens, and says of which server', async () => {
    await assert.rejects(reseal(third, first), ({ code, stderr }: { code: number; stderr: string }) => {
      assert.deepEqual([code, stderr], [1, 'left: relay; give its password again\n']);
      return true;
    });
    assert.equal(await verify(), 'PASSED');
  });
});
