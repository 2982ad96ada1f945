/** Uploads through the real proxy to a stand-in of the scheduler on HTTP. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Role } from '@sendpool/contracts';
import { createRateLimit, createSpending, refuseAnyStranger as refuseStranger } from '@sendpool/graphql';
import { sleep } from '@sendpool/kernel';
import { createMetrics, startService, streamedBody, verifyRequest } from '@sendpool/service';
import { createTransfers, type TransferOptions } from './transfer.ts';
import { createUpload } from './upload.ts';

const secret = 'x'.repeat(32);
const audience = '01932f6e-0000-7000-8000-000000000001';
const path = `/audiences/${audience}/contacts`;
const maxBytes = 24 * 1024 * 1024;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const listen = async (handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<[Server, string]> => {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
};

const readAll = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const spending = createSpending(createRateLimit({ perMinute: 1e9 }));

/** False: every key has been revoked. */
let isValid = true;

const authenticate: TransferOptions['authenticate'] = async (authorization) => {
  const role = authorization as Role | undefined;
  if (role === undefined) return undefined;
  return { actor: { keyId: 'k', role, requestId: 'request-7' }, isValid: () => isValid };
};

describe('an upload', () => {
  let scheduler: Server;
  let gateway: Server;
  let url: string;
  let upload: ReturnType<typeof createTransfers>;
  /** What the scheduler does with the next request; set by each test. */
  let behave: (req: IncomingMessage, res: ServerResponse) => Promise<void>;

  before(async () => {
    let schedulerUrl: string;
    [scheduler, schedulerUrl] = await listen((req, res) => void behave(req, res).catch(() => res.destroy()));
    upload = createTransfers(
      { schedulerUrls: [schedulerUrl], secret, authenticate, refuseStranger, spending, log: silent },
      [createUpload(maxBytes)],
    );
    [gateway, url] = await listen((req, res) => void upload.routes[0]!.handle(req, res));
  });
  beforeEach(() => {
    behave = async (req, res) => {
      const actor = verifyRequest(req, streamedBody, { secret });
      res.end(JSON.stringify({ imported: (await readAll(req)).split('\n').length - 1, actor }));
    };
  });
  after(async () => {
    await upload.part.stop?.(1000);
    for (const server of [gateway, scheduler]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const send = async (options: { role?: Role; type?: string; to?: string; body?: string; encoding?: string }) => {
    const headers = {
      'content-type': options.type ?? 'text/csv',
      ...(options.role && { authorization: options.role }),
      ...(options.encoding && { 'content-encoding': options.encoding }),
    };
    const init = { method: 'POST', headers, body: options.body ?? 'email\na@example.com' };
    const res = await fetch(url + (options.to ?? path), init);
    const text = await res.text();
    return { status: res.status, headers: res.headers, text, body: JSON.parse(text) as Record<string, unknown> };
  };

  it('reaches the scheduler signed with the actor, and its answer comes back', async () => {
    const { status, body } = await send({ role: 'OPERATOR', type: 'text/csv; charset=utf-8' });
    assert.equal(status, 200);
    assert.deepEqual(body, { imported: 1, actor: { keyId: 'k', role: 'OPERATOR', requestId: 'request-7' } });
  });

  const refusals: [string, Parameters<typeof send>[0], number][] = [
    ['no key', {}, 401],
    ['a key that may only read', { role: 'READER' }, 403],
    ['an audience that is no id', { role: 'OPERATOR', to: '/audiences/x/contacts' }, 404],
    ['a path that climbs out', { role: 'ADMIN', to: `/audiences/${audience}/contacts/../../graphql` }, 404],
    ['a query', { role: 'ADMIN', to: `${path}?x=1` }, 404],
    ['another type', { role: 'OPERATOR', type: 'application/json' }, 415],
    ['a compressed file', { role: 'OPERATOR', encoding: 'gzip' }, 415],
    ['a file above the limit', { role: 'OPERATOR', body: 'x'.repeat(maxBytes + 1) }, 413],
  ];
  for (const [name, options, expected] of refusals)
    it(`is refused with ${name} before the scheduler hears of it`, async () => {
      let heard = false;
      behave = async (_req, res) => {
        heard = true;
        res.end('{}');
      };
      assert.equal((await send(options)).status, expected);
      assert.equal(heard, false);
    });

  it('that grows above the limit without announcing it is cut off and refused', async () => {
    const cut = Promise.withResolvers<void>();
    behave = async (req) => {
      req.once('close', () => cut.resolve());
      req.resume();
    };
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(64 * 1024, 'x')),
    });
    const headers = { 'content-type': 'text/csv', authorization: 'OPERATOR' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    // A client that never stops sending sees the refusal or a closed connection, never a success.
    const status = await fetch(url + path, init).then(
      (res) => res.status,
      () => 413,
    );
    assert.equal(status, 413);
    await cut.promise;
  });

  it('is read no faster than the scheduler reads it', async () => {
    const release = Promise.withResolvers<void>();
    behave = async (req, res) => {
      req.pause();
      await release.promise;
      res.end(JSON.stringify({ imported: (await readAll(req)).length }));
    };
    const total = maxBytes;
    const inside = once(gateway, 'connection') as Promise<[Socket]>;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: OPERATOR\r\ncontent-type: text/csv\r\n`);
    socket.write(`content-length: ${total}\r\nconnection: close\r\n\r\n`);
    socket.write(Buffer.alloc(total, 'x'));
    await sleep(300);
    const [{ bytesRead }] = await inside;
    assert.ok(bytesRead < total / 2, `the proxy has read ${bytesRead} of ${total} bytes that nobody takes`);
    release.resolve();
    assert.match(await readAll(socket), new RegExp(`"imported":${total}`));
  });

  it('ends at the scheduler when the client goes away', async () => {
    const began = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    behave = async (req) => {
      req.once('close', () => ended.resolve());
      req.resume();
      began.resolve();
    };
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: OPERATOR\r\ncontent-type: text/csv\r\n`);
    socket.write('content-length: 1000\r\n\r\nemail\n');
    await began.promise;
    socket.destroy();
    await ended.promise;
  });

  it('ends within 5 s at the client and at the scheduler when its key ends', async (t) => {
    t.after(() => (isValid = true));
    const began = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    behave = async (req) => {
      req.once('close', () => ended.resolve(req.complete ? 'whole' : 'broken'));
      req.resume();
      began.resolve();
    };
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: OPERATOR\r\ncontent-type: text/csv\r\n`);
    socket.write('content-length: 1000\r\n\r\nemail\n');
    const closed = once(socket, 'close');
    await began.promise;
    isValid = false;
    const late = sleep(5000).then(() => 'late');
    assert.equal(await Promise.race([ended.promise, late]), 'broken');
    assert.notEqual(await Promise.race([closed, late]), 'late');
  });

  it('is told why the scheduler refuses it, also while the file is still on its way', async () => {
    behave = async (_req, res) => void res.writeHead(404).end('{"error":"no such audience"}');
    for (const body of ['email', 'x'.repeat(maxBytes)]) {
      const answer = await send({ role: 'OPERATOR', body });
      assert.equal(answer.status, 404);
      assert.deepEqual(answer.body, { error: { code: 'NOT_FOUND', message: 'no such audience' } });
    }
  });

  it('shows the refusal of the scheduler to a client that sends everything before it reads', async () => {
    behave = async (req, res) => {
      for await (const _chunk of req.iterator({ destroyOnReturn: false })) break;
      res.writeHead(400).end('{"error":"no column email"}');
    };
    const metrics = createMetrics('gateway');
    const http = { host: '127.0.0.1', port: 0 };
    const service = await startService({
      name: 'gateway',
      http,
      parts: [],
      routes: upload.routes,
      log: silent,
      metrics,
    });
    for (let round = 0; round < 5; round += 1) {
      const socket = connect(service.port, '127.0.0.1').pause();
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: OPERATOR\r\ncontent-type: text/csv\r\n`);
      socket.write(`content-length: ${maxBytes}\r\n\r\n`);
      const sent = Promise.withResolvers<void>();
      socket.once('error', sent.reject).write(Buffer.alloc(maxBytes, 'x'), () => sent.resolve());
      await sent.promise;
      const [answer] = (await once(socket.resume(), 'data')) as [Buffer];
      socket.destroy();
      assert.match(answer.toString(), /^HTTP\/1.1 400 [^]*"code":"BAD_INPUT","message":"no column email"/);
    }
    await service.stop(1000);
  });

  it('is told that its key has too many of them, and when to come again', async () => {
    behave = async (_req, res) => void res.writeHead(429).end('{"error":"wait for one to end"}');
    const { status, headers, body } = await send({ role: 'OPERATOR' });
    assert.deepEqual([status, body['error']], [429, { code: 'RATE_LIMITED', message: 'wait for one to end' }]);
    assert.equal(headers.get('retry-after'), '10');
  });

  const faults: [string, typeof behave][] = [
    ['fails', async (_req, res) => void res.writeHead(500).end('relation "contact" at 10.0.0.7')],
    ['does not know the signature', async (_req, res) => void res.writeHead(401).end('{"error":"unauthenticated"}')],
    ['cuts the connection', async (req) => void req.socket.destroy()],
  ];
  for (const [name, fault] of faults)
    it(`is answered 503 without details when the scheduler ${name}`, async () => {
      behave = fault;
      const { status, text, body } = await send({ role: 'OPERATOR' });
      assert.deepEqual([status, (body['error'] as { code: string }).code], [503, 'UNAVAILABLE']);
      assert.ok(!text.includes('10.0.0.7'), text);
    });
});
