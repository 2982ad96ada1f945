import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { makeCertificate, startSink, type Sink, type SinkOptions } from '@sendpool/testing';
import { openConnection } from './conversation.ts';
import { probeServer } from './probe.ts';
import type { SmtpServer } from './server.ts';

const timeouts = { connect: 1_000, greeting: 300, command: 300, afterDot: 300, quit: 300 };
const envelope = { from: 'news@example.test', to: 'ann@example.test' };
const login = { username: 'relay', password: 'correct horse' };

const serverOf = (
  sink: { port: number; certificate?: { ca: string } | null },
  changes: Partial<SmtpServer> = {},
): SmtpServer => ({
  id: 's1',
  revision: 1,
  host: '127.0.0.1',
  port: sink.port,
  tls: 'REQUIRED',
  ...login,
  caCertificate: sink.certificate?.ca ?? null,
  ...changes,
});

const withSink = async (options: SinkOptions, work: (sink: Sink) => Promise<void>) => {
  const sink = await startSink(options);
  try {
    await work(sink);
  } finally {
    await sink.stop();
  }
};

for (const tls of ['STARTTLS', 'IMPLICIT'] as const)
  for (const host of ['127.0.0.1', 'localhost'])
    test(`${tls} with login and a pinned authority: a mail goes through at ${host}`, async () => {
      await withSink({ tls, auth: login }, async (sink) => {
        const server = serverOf(sink, { host, tls: tls === 'IMPLICIT' ? 'IMPLICIT' : 'REQUIRED' });
        assert.deepEqual(await probeServer(server, timeouts), { ok: true });
        const connection = await openConnection(server, { timeouts });
        assert.equal((await connection.send(envelope, 'Subject: x\r\n\r\nhi\r\n')).kind, 'ACCEPTED');
        await connection.close();
        assert.equal(sink.received.length, 1);
      });
    });

/** A server that answers every line with 250 or a fitting code and writes down all that it hears. */
const eavesdrop = async (work: (port: number, heard: () => string) => Promise<void>) => {
  let heard = '';
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('220 bare ESMTP\r\n');
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      socket.write(
        chunk.toString('latin1').startsWith('STARTTLS') ? '502 no\r\n' : '250-bare\r\n250 AUTH PLAIN LOGIN\r\n',
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    await work(address.port, () => heard);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};

test('REQUIRED and a server without STARTTLS: it fails at TLS, and neither password nor mail is said', async () => {
  await eavesdrop(async (port, heard) => {
    await assert.rejects(openConnection(serverOf({ port }), { timeouts }), { stage: 'TLS', kind: 'CONNECTION' });
    assert.match(heard(), /^EHLO [^\r\n]+\r\nSTARTTLS\r\n$/);
  });
});

test('NONE and OPPORTUNISTIC never send a password: refused before connecting', async () => {
  await withSink({}, async (sink) => {
    for (const tls of ['NONE', 'OPPORTUNISTIC'] as const)
      await assert.rejects(openConnection(serverOf(sink, { tls }), { timeouts }), { kind: 'AUTH', code: null });
    assert.equal(sink.totalConnections, 0);
  });
});

test('OPPORTUNISTIC takes STARTTLS with any certificate, and plain text without it', async () => {
  for (const tls of ['STARTTLS', 'NONE'] as const)
    await withSink({ tls }, async (sink) => {
      const server = serverOf(sink, { tls: 'OPPORTUNISTIC', username: null, password: null, caCertificate: null });
      assert.deepEqual(await probeServer(server, timeouts), { ok: true });
    });
});

for (const tls of ['STARTTLS', 'IMPLICIT'] as const) {
  const policy = tls === 'IMPLICIT' ? 'IMPLICIT' : 'REQUIRED';
  test(`${tls}: a certificate of another authority is refused at TLS, and the refusal names the field that mends it`, async () => {
    const other = await makeCertificate();
    await withSink({ tls, auth: login }, async (sink) => {
      for (const caCertificate of [other.ca, null]) {
        const server = serverOf(sink, { tls: policy, caCertificate });
        await assert.rejects(openConnection(server, { timeouts }), {
          stage: 'TLS',
          kind: 'CONNECTION',
          message: /^TLS: [A-Z_]+: .* caCertificate$/,
        });
      }
    });
  });

  test(`${tls}: a handshake that is cut fails at TLS`, async () => {
    await withSink({ tls, behave: () => ({ at: 'TLS', do: 'CLOSE' }) }, async (sink) => {
      const probe = await probeServer(serverOf(sink, { tls: policy }), timeouts);
      assert.equal(probe.ok, false);
      assert.equal(!probe.ok && probe.stage, 'TLS');
    });
  });
}

test('a wrong password is AUTH with 535, and the password is not in the error', async () => {
  await withSink({ tls: 'STARTTLS', auth: login }, async (sink) => {
    const server = serverOf(sink, { password: 'canary-1234' });
    const error: unknown = await openConnection(server, { timeouts }).catch((reason: unknown) => reason);
    assert.deepEqual({ ...(error as object) }, { stage: 'AUTH', code: 535, kind: 'AUTH', name: 'SmtpFailure' });
    const text = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
    assert.doesNotMatch(text, /canary-1234|Y2FuYXJ5/);
    assert.equal((await probeServer(server, timeouts)).ok, false);
  });
});

test('a login that hangs or is put off is no wrong password', async () => {
  await withSink({ tls: 'STARTTLS', auth: login }, async (sink) => {
    sink.setBehaviour(() => ({ at: 'AUTH', do: 'HANG' }));
    await assert.rejects(openConnection(serverOf(sink), { timeouts }), {
      stage: 'AUTH',
      kind: 'CONNECTION',
      code: null,
    });
    sink.setBehaviour(() => ({ at: 'AUTH', do: 'REPLY', code: 454, text: '4.7.0 Temporary authentication failure' }));
    await assert.rejects(openConnection(serverOf(sink), { timeouts }), { stage: 'AUTH', kind: 'THROTTLE', code: 454 });
  });
});

test('what a server says back of the password is masked, also where the reply is cut', async () => {
  await withSink({ tls: 'STARTTLS', auth: login }, async (sink) => {
    const { username, password } = { ...login, password: 'canary/password+1' };
    const plain = Buffer.from(`\0${username}\0${password}`).toString('base64');
    const half = 'x'.repeat(190);
    for (const said of [password, plain, Buffer.from(password).toString('base64'), half + password]) {
      sink.setBehaviour(() => ({ at: 'AUTH', do: 'REPLY', code: 535, text: `5.7.8 no ${said}` }));
      const opened = openConnection(serverOf(sink, { username, password }), { timeouts });
      const error = await opened.then(() => 'opened', String);
      assert.match(error, /AUTH: 535 no .*\*\*/);
      for (const form of ['canary', plain, Buffer.from(password).toString('base64')])
        assert.ok(!error.includes(form), error);
    }
  });
});

test('a server that wants a login and gets none refuses the mail as AUTH', async () => {
  await withSink({ tls: 'STARTTLS', auth: login }, async (sink) => {
    const connection = await openConnection(serverOf(sink, { username: null, password: null }), { timeouts });
    const result = await connection.send(envelope, 'Subject: x\r\n\r\nhi\r\n');
    assert.deepEqual([result.kind, 'failure' in result && result.failure], ['SERVER_FAILURE', 'AUTH']);
    await connection.close();
  });
});
