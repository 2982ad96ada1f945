/** What a hostile receiver, or a hostile name server, cannot make a webhook do. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { makeCertificate, type Certificate } from '@sendpool/testing';
import { createPost, retryAfterOf, type Post } from './post.ts';
import { createReach, createResolve, lookUpFor, type LookUpAll } from './public-lookup.ts';

const paths: string[] = [];
let certificate: Certificate;
let server: Server;
let port: number;

before(async () => {
  certificate = await makeCertificate();
  server = createTlsServer(certificate, (request, response) => {
    paths.push(request.url!);
    if (request.url === '/redirect') response.writeHead(302, { location: '/secret' }).end();
    else if (request.url === '/silent') return;
    else if (request.url === '/endless') {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      response.on('error', () => undefined);
      more();
    } else response.writeHead(200).end('fine');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const posting = async <T>(
  options: { allowPrivate?: boolean; lookUp?: LookUpAll; timeoutMs?: number },
  work: (send: (url: string) => ReturnType<Post['send']>) => Promise<T>,
): Promise<T> => {
  const reach = createReach({ allowPrivate: options.allowPrivate ?? false, lookUp: options.lookUp ?? lookUpFor(true) });
  const post = createPost({ reach, ca: certificate.ca, timeoutMs: options.timeoutMs ?? 3000 });
  try {
    return await work((url) => post.send({ url, headers: {}, body: '{}' }));
  } finally {
    post.close();
  }
};

const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 });

const inwards: LookUpAll = async (host) =>
  host === 'mixed.example' ? [at('::ffff:127.0.0.1'), at('127.0.0.1')] : [at('127.0.0.1')];

test('no private address is connected to, by whatever name: not one byte leaves', async () => {
  const before = paths.length;
  await posting({ lookUp: inwards }, async (send) => {
    for (const host of [
      'inner.example',
      'mixed.example',
      'localhost',
      '127.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:7f00:1]',
    ]) {
      const attempt = await send(`https://${host}:${port}/`);
      assert.deepEqual([attempt.status, /not an address of the public/.test(attempt.text)], [null, true], host);
    }
  });
  assert.equal(paths.length, before);
});

test('a name that led to the internet when it was checked, and to this machine when it is connected to, is refused', async () => {
  let asked = 0;
  const rebinding: LookUpAll = async () => (asked++ === 0 ? [at('93.184.216.34')] : [at('127.0.0.1')]);
  const reach = createReach({ allowPrivate: false, lookUp: rebinding });
  assert.equal(await reach.isReachable(new URL('https://rebinding.example/')), true);
  const before = paths.length;
  await posting({ lookUp: rebinding }, async (send) => {
    const attempt = await send(`https://rebinding.example:${port}/`);
    assert.match(attempt.text, /not an address of the public internet/);
  });
  assert.deepEqual([asked, paths.length], [2, before]);
});

test('of a name with public and private addresses only the public ones are tried', async () => {
  const both: LookUpAll = async () => [at('127.0.0.1'), at('192.0.2.1'), at('8.8.8.8')];
  const reach = createReach({ allowPrivate: false, lookUp: both });
  const tried = await new Promise((resolve, reject) => {
    reach.lookup('both.example', { all: true }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });
  assert.deepEqual(tried, [at('8.8.8.8')]);
});

/** A name server that says 127.0.0.9 for every name, and nothing of names that begin with `silent`. */
const startNameServer = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5;
    const name = question.subarray(13, 13 + question[12]!).toString();
    if (name.startsWith('silent')) return;
    const isV4 = question.readUInt16BE(end - 4) === 1;
    const header = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, isV4 ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 9]);
    const parts = [header, question.subarray(12, end), ...(isV4 ? [record] : [])];
    socket.send(Buffer.concat(parts), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};

test('names are asked of the name servers, and many silent ones hold up no other', async () => {
  const socket = await startNameServer();
  const resolve = createResolve([`127.0.0.1:${socket.address().port}`], 400);
  const began = Date.now();
  const silent = Array.from({ length: 16 }, (_, index) => resolve(`silent${index}.example`));
  assert.deepEqual(await resolve('inner.example'), [at('127.0.0.9')]);
  assert.ok(Date.now() - began < 300, `took ${Date.now() - began} ms`);
  assert.deepEqual((await Promise.all(silent)).flat(), []);
  assert.ok(Date.now() - began < 3000);
  const reach = createReach({ allowPrivate: false, lookUp: resolve });
  assert.equal(await reach.isReachable(new URL('https://inner.example/')), false);
  socket.close();
});

test('a redirect is an answer like any other, and is not followed', async () => {
  const attempt = await posting({ allowPrivate: true }, (send) => send(`https://localhost:${port}/redirect`));
  assert.equal(attempt.status, 302);
  assert.ok(!paths.includes('/secret'));
});

test('an answer without end is read up to 64 kB, and 200 characters of it are kept', async () => {
  const attempt = await posting({ allowPrivate: true }, (send) => send(`https://localhost:${port}/endless`));
  assert.deepEqual([attempt.status, attempt.text], [200, 'x'.repeat(200)]);
});

test('who does not answer in time, or at all, or has a certificate that nobody trusts, is a failure in words', async () => {
  await posting({ allowPrivate: true, timeoutMs: 300 }, async (send) => {
    const began = Date.now();
    assert.deepEqual(await send(`https://localhost:${port}/silent`), {
      status: null,
      text: 'no answer in time',
      retryAfterMs: null,
    });
    assert.ok(Date.now() - began < 2000);
  });
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const closedPort = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  await posting({ allowPrivate: true }, async (send) =>
    assert.match((await send(`https://127.0.0.1:${closedPort}/`)).text, /ECONNREFUSED/),
  );
  const post = createPost({ reach: createReach({ allowPrivate: true, lookUp: lookUpFor(true) }) });
  const untrusted = await post.send({ url: `https://localhost:${port}/`, headers: {}, body: '' });
  post.close();
  assert.deepEqual([untrusted.status, /certificate/.test(untrusted.text)], [null, true]);
});

test('Retry-After is seconds or a date, and anything else is nothing', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  assert.equal(retryAfterOf('120', now), 120_000);
  assert.equal(retryAfterOf('Tue, 24 Nov 2026 12:01:00 GMT', now), 60_000);
  assert.equal(retryAfterOf('Tue, 24 Nov 2020 12:01:00 GMT', now), 0);
  for (const strange of [undefined, '', 'soon', '1e999']) assert.equal(retryAfterOf(strange, now), null, strange);
});
