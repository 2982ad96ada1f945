import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freshDatabase, type TestDatabase } from '@sendpool/database/testing';
import { makeCertificate, startSink, type Sink, type SinkOptions } from '@sendpool/testing';
import { startHarness, type Harness } from './service-harness.ts';

type Server = { id: string; verification: { status: string; at: string; failedStage: string; message: string } };
type Result = { server?: Server; errors?: { code: string; message: string }[] };

const fields = 'server { id verification { status at failedStage message } }';
const outcome = `__typename ... on SendingServerPayload { ${fields} } ... on Refused { errors { code message } }`;
const createText = `mutation ($input: CreateSendingServerInput!) { createSendingServer(input: $input) { ${outcome} } }`;
const verifyText = `mutation ($id: ID!) { verifySendingServer(input: { id: $id }) { ${outcome} } }`;

const auth = { username: 'mailer', password: 'canary-password-5e1f' };
let harness: Harness;
let names = 0;

let database: TestDatabase;

before(async () => {
  database = await freshDatabase();
  harness = await startHarness(database.url);
});
after(async () => {
  await harness.stop();
  await database[Symbol.asyncDispose]();
});

const create = async (input: object): Promise<Server> => {
  names += 1;
  const base = { name: `Relay ${names}`, host: '127.0.0.1', fromDomains: ['example.com'] };
  const { server, errors } = await harness.get<Result>(createText, { input: { ...base, ...input } });
  assert.ok(server, JSON.stringify(errors));
  return server;
};
const verify = async (input: object): Promise<Server['verification']> => {
  const { id } = await create(input);
  const { server, errors } = await harness.get<Result>(verifyText, { id });
  assert.ok(server, JSON.stringify(errors));
  return server.verification;
};
const withSink = async (options: SinkOptions, work: (sink: Sink) => Promise<void>): Promise<void> => {
  const sink = await startSink(options);
  try {
    await work(sink);
  } finally {
    await sink.stop();
  }
};
const ca = (sink: Sink) => ({ port: sink.port, caCertificate: sink.certificate!.ca });

describe('verifying a server by a real conversation', () => {
  it('passes with STARTTLS, a pinned authority and the right password', () =>
    withSink({ tls: 'STARTTLS', auth }, async (sink) => {
      const { at, ...verification } = await verify({ ...ca(sink), ...auth });
      assert.deepEqual(verification, { status: 'PASSED', failedStage: null, message: null });
      assert.ok(Math.abs(Date.parse(at) - Date.now()) < 10_000);
      assert.equal(sink.received.length, 0);
    }));

  it('passes with TLS from the first byte', () =>
    withSink({ tls: 'IMPLICIT', auth }, async (sink) => {
      assert.equal((await verify({ ...ca(sink), ...auth, tls: 'IMPLICIT' })).status, 'PASSED');
    }));

  it('fails at AUTH with the reply and without the password when the password is wrong', () =>
    withSink({ tls: 'STARTTLS', auth }, async (sink) => {
      const wrong = { ...auth, password: 'canary-wrong-77aa' };
      const verification = await verify({ ...ca(sink), ...wrong });
      assert.deepEqual([verification.status, verification.failedStage], ['FAILED', 'AUTH']);
      assert.match(verification.message, /535/);
      assert.doesNotMatch(verification.message, /canary/);
    }));

  it('fails at CONNECT when nobody listens', async () => {
    const sink = await startSink();
    await sink.stop();
    const verification = await verify({ port: sink.port, tls: 'NONE' });
    assert.deepEqual([verification.status, verification.failedStage], ['FAILED', 'CONNECT']);
    assert.ok(verification.message.length > 0);
  });

  it('fails at TLS when the server offers no STARTTLS, and tells it nothing', () =>
    withSink({ tls: 'NONE' }, async (sink) => {
      const verification = await verify({ port: sink.port, tls: 'REQUIRED', ...auth });
      assert.deepEqual([verification.status, verification.failedStage], ['FAILED', 'TLS']);
    }));

  it('fails at TLS when another authority signed the certificate', () =>
    withSink({ tls: 'STARTTLS' }, async (sink) => {
      const { ca: caCertificate } = await makeCertificate();
      const verification = await verify({ port: sink.port, caCertificate });
      assert.deepEqual([verification.status, verification.failedStage], ['FAILED', 'TLS']);
    }));

  it('shows one line of a refusal, and no password that the server sends back', () =>
    withSink({ tls: 'STARTTLS', auth }, async (sink) => {
      sink.setBehaviour(({ stage }) =>
        stage === 'AUTH' ? { at: 'AUTH', do: 'REPLY', code: 535, text: `bad ${auth.password} here` } : undefined,
      );
      const verification = await verify({ ...ca(sink), ...auth });
      assert.match(verification.message, /\*\*\*/);
      assert.doesNotMatch(verification.message, /canary|\n/);
    }));

  it('is refused when asked again within two seconds', () =>
    withSink({}, async (sink) => {
      const { id } = await create({ port: sink.port, tls: 'NONE' });
      await harness.get(verifyText, { id });
      const again = await harness.get<Result>(verifyText, { id });
      assert.equal(again.errors?.[0]?.code, 'CONFLICT');
    }));

  it('reaches no private address when private servers are not allowed', async () => {
    await using own = await freshDatabase();
    const closed = await startHarness(own.url, { ALLOW_PRIVATE_SERVERS: 'false' });
    try {
      await withSink({}, async (sink) => {
        for (const host of ['127.0.0.1', 'localhost', '::ffff:127.0.0.1', 'no-such-host.invalid']) {
          const input = { name: host, host, port: sink.port, tls: 'NONE', fromDomains: ['example.com'] };
          const { server } = await closed.get<Result>(createText, { input });
          const { verification } = (await closed.get<Result>(verifyText, { id: server!.id })).server!;
          assert.equal(verification.message, 'The host is not known, or is not an address of the public internet.');
        }
        assert.equal(sink.totalConnections, 0);
      });
    } finally {
      await closed.stop();
    }
  });

  it('counts each result', async () => {
    const text = await harness.metrics();
    for (const result of ['PASSED', 'AUTH', 'TLS', 'CONNECT'])
      assert.match(text, new RegExp(`config_verifications_total\\{result="${result}".*\\} [1-9]`));
  });
});
