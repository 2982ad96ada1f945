import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { makeCertificate } from '@sendpool/testing';
import type { SesServer } from './server.ts';
import { credentials, envelope, mail, patient, sendOnce, serverAt, shapeOf, withFake } from './testing.ts';
import { createSesTransport } from './transport.ts';

test('a message arrives as it was rendered, signed, under the configuration set, and its id is kept', () =>
  withFake({}, async (fake) => {
    const result = await sendOnce(serverAt(fake.port));
    assert.equal(result.kind, 'ACCEPTED');
    const { id } = fake.mails[0]!;
    assert.equal(result.remoteId, id);
    assert.deepEqual(fake.mails, [{ id, from: envelope.from, to: [envelope.to], configurationSet: 'news', raw: mail }]);
    assert.match(fake.requests[0]!, /AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ses\/aws4_request/);
    assert.doesNotMatch(fake.requests.join('\n'), /wJalrXUtnFEMI/);
  }));

test('a bare line feed leaves as CRLF, and without a configuration set none is named', () =>
  withFake({}, async (fake) => {
    const server = serverAt(fake.port, { ses: { region: 'eu-west-1', configurationSet: null } });
    const connection = await createSesTransport({ timeouts: patient, probeMs: 10_000 }).open(server);
    await connection.send(envelope, 'Subject: Hi\n\nHello\rthere\r\n');
    assert.equal(fake.mails[0]!.raw, 'Subject: Hi\r\n\r\nHello\r\nthere\r\n');
    assert.equal(fake.mails[0]!.configurationSet, null);
    await connection.close();
  }));

test('a wrong secret is a failure of the server, and neither key is told', () =>
  withFake({}, async (fake) => {
    const result = await sendOnce(serverAt(fake.port, { password: 'another/SECRET' }));
    assert.equal(shapeOf(result), 'SERVER_FAILURE AUTH AUTH');
    assert.doesNotMatch(JSON.stringify(result) + fake.requests.join('\n'), /another\/SECRET/);
  }));

test('without a key pair the default chain of AWS signs; with nothing in it nothing is sent', (t) =>
  withFake({}, async (fake) => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_EC2_METADATA_DISABLED', 'AWS_CONFIG_FILE'];
    const before = names.map((name) => process.env[name]);
    t.after(() => {
      for (const [index, name] of names.entries())
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
    });
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
    const server = serverAt(fake.port, { username: null, password: null });
    assert.equal(shapeOf(await sendOnce(server)), 'SERVER_FAILURE AUTH AUTH');
    assert.equal(fake.requests.length, 0);
    process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
    assert.equal((await sendOnce(server)).kind, 'ACCEPTED');
  }));

const refused: [title: string, change: Partial<SesServer>, expected: string][] = [
  ['a refused connection', { port: 1 }, 'SERVER_FAILURE CONNECT CONNECTION'],
  ['an unknown host', { host: 'nowhere.invalid' }, 'SERVER_FAILURE CONNECT CONNECTION'],
];

for (const [title, change, expected] of refused)
  test(`${title} is ${expected}`, async () => {
    assert.equal(shapeOf(await sendOnce(serverAt(1, change))), expected);
  });

test('TLS is verified before a byte of the request leaves', async () => {
  const [certificate, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  await withFake({ certificate }, async (fake) => {
    const secured = serverAt(fake.port, { tls: 'REQUIRED', caCertificate: certificate.ca });
    assert.equal((await sendOnce(secured)).kind, 'ACCEPTED');
    for (const caCertificate of [other.ca, null])
      assert.equal(shapeOf(await sendOnce({ ...secured, caCertificate })), 'SERVER_FAILURE TLS CONNECTION');
    assert.equal(fake.requests.length, 1);
  });
});

test('TLS with a server that speaks none is a failure before the request', () =>
  withFake({}, async (fake) => {
    assert.equal(shapeOf(await sendOnce(serverAt(fake.port, { tls: 'IMPLICIT' }))), 'SERVER_FAILURE TLS CONNECTION');
    assert.equal(fake.requests.length, 0);
  }));

test('a server that takes the connection and never the handshake is left in time', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await sendOnce(serverAt(port, { tls: 'REQUIRED' }), { connect: 300 });
  assert.equal(shapeOf(result), 'SERVER_FAILURE TLS CONNECTION');
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('connections of one server share what is kept alive, and the last one closes it', () =>
  withFake({}, async (fake) => {
    const transport = createSesTransport({ timeouts: patient, probeMs: 10_000 });
    const [first, second] = [await transport.open(serverAt(fake.port)), await transport.open(serverAt(fake.port))];
    await first.send(envelope, mail);
    await second.send(envelope, mail);
    assert.equal(fake.connections(), 1);
    await Promise.all([first.send(envelope, mail), second.send(envelope, mail)]);
    assert.equal(fake.connections(), 2);
    await first.close();
    assert.equal((await second.send(envelope, mail)).kind, 'ACCEPTED');
    assert.equal(fake.connections(), 2);
    await second.close();
  }));

test('closing cuts a running message, which nobody knows of then, and refuses the next', () =>
  withFake({}, async (fake) => {
    const connection = await createSesTransport({ timeouts: patient, probeMs: 10_000 }).open(serverAt(fake.port));
    await connection.send(envelope, mail);
    fake.fail({ do: 'HANG' });
    const running = connection.send(envelope, mail);
    while (fake.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await assert.rejects(connection.send(envelope, mail), /one message at a time/);
    await connection.close();
    assert.deepEqual(await running, { kind: 'UNKNOWN', message: 'the connection was closed by its owner' });
    assert.equal(connection.isUsable(), false);
    assert.equal(shapeOf(await connection.send(envelope, mail)), 'SERVER_FAILURE CONNECT CONNECTION');
    await connection.close();
  }));

for (const to of [
  'a@example.org, b@example.org',
  'Ann <a@example.org>',
  'a@b@c.org',
  'a,b@c.org',
  '<a@c.org>',
  'a@b.org;',
  'a',
  '@a.org',
  'a\r\n@b.org',
  '',
])
  test(`the recipient ${JSON.stringify(to)} is refused before anybody is asked`, () =>
    withFake({}, async (fake) => {
      const connection = await createSesTransport({ timeouts: patient, probeMs: 10_000 }).open(serverAt(fake.port));
      assert.equal(shapeOf(await connection.send({ ...envelope, to }, mail)), 'BOUNCED RCPT HARD BAD_ADDRESS');
      const swapped = await connection.send({ from: to, to: envelope.to }, mail);
      assert.equal(shapeOf(swapped), 'SERVER_FAILURE MAIL SENDER_REFUSED');
      assert.equal(fake.connections(), 0);
      await connection.close();
    }));
