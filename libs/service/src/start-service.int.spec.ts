/** A service on a real port, in this process: order of start and stop, readiness, routes and metrics. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Route } from './http.ts';
import type { Part } from './part.ts';
import { startService, type RunningService, type ServiceOptions } from './start-service.ts';
import type { Upgrade } from './upgrades.ts';

const setUp = (change: Partial<ServiceOptions> = {}) => {
  const lines: string[] = [];
  const log = createLog({ name: 'test', level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const options = {
    name: 'test',
    http: { host: '127.0.0.1', port: 0 },
    parts: [],
    log,
    metrics: createMetrics('test'),
  };
  return { options: { ...options, ...change }, lines };
};

const get = async (service: RunningService, path: string, method = 'GET') => {
  const res = await fetch(`http://127.0.0.1:${service.port}${path}`, { method });
  return { status: res.status, text: await res.text(), allow: res.headers.get('allow') };
};

const codeOf = (text: string): string => (JSON.parse(text) as { error: { code: string } }).error.code;

/** As simple clients do: writes all of a body of 16 MiB, and only then looks at the answer. */
const sendThenRead = async (port: number, path: string): Promise<string> => {
  const length = 16 * 1024 * 1024;
  const socket = connect({ port, host: '127.0.0.1' }).pause();
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(new Uint8Array(length), () => resolve());
  });
  const [answer] = (await once(socket.resume(), 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
};

const freePort = async (): Promise<number> => {
  const service = await startService(setUp().options);
  await service.stop(1000);
  return service.port;
};

const recorder = () => {
  const calls: string[] = [];
  const part = (name: string): Part => ({
    name,
    start: async () => void calls.push(`start ${name}`),
    stop: async () => void calls.push(`stop ${name}`),
  });
  return { calls, part };
};

const refuseEarly: Route['handle'] = async (req, res) => {
  for await (const _chunk of req.iterator({ destroyOnReturn: false })) break;
  res.writeHead(409).end('enough');
};

const switchProtocols: Upgrade['handle'] = (_req, socket) =>
  void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');

describe('a service', () => {
  it('starts its parts in order and stops them in reverse order', async () => {
    const { calls, part } = recorder();
    const service = await startService(setUp({ parts: [part('a'), part('b'), part('c')] }).options);
    assert.equal(await service.stop(1000), true);
    assert.deepEqual(calls, ['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('stops what has started when a part cannot start, and throws why', async () => {
    const { calls, part } = recorder();
    const broken = { name: 'broken', start: () => Promise.reject(new Error('no database')) };
    const { options, lines } = setUp({ parts: [part('a'), broken, part('c')] });
    await assert.rejects(startService(options), /no database/);
    assert.deepEqual(calls, ['start a', 'stop a']);
    assert.match(lines.join(''), /could not start: no database/);
  });

  it('stops the other parts when one fails to stop, and says that it was not clean', async () => {
    const { calls, part } = recorder();
    const broken = { name: 'broken', stop: () => Promise.reject(new Error('stuck')) };
    const service = await startService(setUp({ parts: [part('a'), broken] }).options);
    assert.equal(await service.stop(1000), false);
    assert.deepEqual(calls, ['start a', 'stop a']);
  });

  it('is ready only while every part is', async () => {
    let ready = false;
    const service = await startService(setUp({ parts: [{ name: 'log', ready: () => ready }] }).options);
    const before = await get(service, '/readyz');
    assert.deepEqual([before.status, before.text], [503, '{"ready":false,"parts":{"log":false}}']);
    ready = true;
    assert.equal((await get(service, '/readyz')).status, 200);
    await service.stop(1000);
  });

  it('is alive but not ready, and refuses requests, while it starts and while it stops', async () => {
    const starting = Promise.withResolvers<number>();
    const finish = Promise.withResolvers<void>();
    let seen: number[] = [];
    const look = async (port: number): Promise<void> => {
      const paths = ['/healthz', '/readyz', '/hello'];
      seen = await Promise.all(paths.map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status));
    };
    const routes = [
      { method: 'GET', path: '/hello', handle: (_req, res) => void res.end('hello') },
    ] satisfies ServiceOptions['routes'];
    const http = { host: '127.0.0.1', port: await freePort() };
    const slow: Part = {
      name: 'slow',
      start: async () => {
        starting.resolve(http.port);
        await finish.promise;
      },
      stop: () => look(http.port),
    };
    const service = startService(setUp({ http, parts: [slow], routes }).options);
    await look(await starting.promise);
    assert.deepEqual(seen, [200, 503, 503]);
    finish.resolve();
    assert.equal((await get(await service, '/hello')).text, 'hello');
    await (await service).stop(1000);
    assert.deepEqual(seen, [200, 503, 503]);
  });

  it('lets a running request finish before its parts stop', async () => {
    const { calls, part } = recorder();
    const reached = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const handle: NonNullable<ServiceOptions['routes']>[number]['handle'] = async (_req, res) => {
      reached.resolve();
      await release.promise;
      calls.push('answered');
      res.end('done');
    };
    const routes = [{ method: 'GET', path: '/slow', handle }] satisfies ServiceOptions['routes'];
    const service = await startService(setUp({ parts: [part('database')], routes }).options);
    const request = get(service, '/slow');
    await reached.promise;
    const stopping = service.stop(6000);
    release.resolve();
    assert.equal((await request).text, 'done');
    await stopping;
    assert.deepEqual(calls, ['start database', 'answered', 'stop database']);
  });

  it('ends what never ends by itself at the begin of a stop, while other requests still run', async () => {
    const { calls, part } = recorder();
    const streaming = Promise.withResolvers<ServerResponse>();
    const reached = Promise.withResolvers<void>();
    const routes = [
      {
        method: 'GET',
        path: '/stream',
        handle: (_req, res) => {
          streaming.resolve(res.setHeader('content-type', 'text/event-stream'));
          res.write('first ');
        },
      },
      {
        method: 'GET',
        path: '/slow',
        handle: async (_req, res) => {
          reached.resolve();
          await sleep(300);
          calls.push('answered');
          res.end('done');
        },
      },
    ] satisfies ServiceOptions['routes'];
    const drain = (): void => {
      calls.push('drain');
      void streaming.promise.then((res) => res.end('last'));
    };
    const { options } = setUp({ parts: [{ ...part('streams'), drain }], routes });
    const service = await startService(options);
    const requests = [get(service, '/stream'), get(service, '/slow')];
    await Promise.all([streaming.promise, reached.promise]);
    const began = performance.now();
    assert.equal(await service.stop(9000), true);
    assert.ok(performance.now() - began < 2000);
    assert.deepEqual(
      (await Promise.all(requests)).map(({ text }) => text),
      ['first last', 'done'],
    );
    assert.deepEqual(calls, ['start streams', 'drain', 'answered', 'stop streams']);
    const metrics = await options.metrics.registry.metrics();
    assert.ok(!metrics.includes('route="/stream"'), 'the duration of a stream says nothing');
  });

  it('hands an upgrade of a path that takes it on, while it is open, and answers any other as a request', async () => {
    const starting = Promise.withResolvers<void>();
    const http = { host: '127.0.0.1', port: await freePort() };
    const slow: Part = { name: 'slow', start: () => starting.promise };
    const upgrades = [
      { path: '/live', protocol: 'websocket', handle: switchProtocols },
    ] satisfies ServiceOptions['upgrades'];
    const starts = startService(setUp({ http, parts: [slow], upgrades }).options);
    const statusOf = async (path: string, upgrade: string): Promise<string> => {
      const socket = connect({ port: http.port, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString().slice(9, 12);
    };
    assert.equal(await statusOf('/live', 'websocket'), '503');
    starting.resolve();
    const service = await starts;
    assert.equal(await statusOf('/live?x=1', 'WebSocket'), '101');
    assert.equal(await statusOf('/live', 'h2c'), '404');
    assert.equal(await statusOf('/healthz', 'websocket'), '200');
    await service.stop(1000);
  });

  it('answers 404 and 405, matches prefixes, and hides why a route failed', async () => {
    const routes = [
      { method: 'GET', path: '/things/*', handle: (req, res) => void res.end(req.url) },
      { method: 'GET', path: '/broken', handle: () => Promise.reject(new Error('secret reason')) },
    ] satisfies ServiceOptions['routes'];
    const { options, lines } = setUp({ routes });
    const service = await startService(options);
    const nothing = await get(service, '/nothing');
    assert.deepEqual([nothing.status, codeOf(nothing.text)], [404, 'NOT_FOUND']);
    const post = await get(service, '/broken', 'POST');
    assert.deepEqual([post.status, codeOf(post.text), post.allow], [405, 'BAD_INPUT', 'GET']);
    assert.equal((await get(service, '/things/7?x=1')).text, '/things/7?x=1');
    const broken = await get(service, '/broken');
    assert.deepEqual([broken.status, broken.text], [500, '{"error":{"code":"INTERNAL","message":"Internal error"}}']);
    assert.match(lines.join(''), /secret reason/);
    await service.stop(1000);
  });

  it('lets a client that sends everything before it reads see the answer of a route that has read a part only', async () => {
    const service = await startService(
      setUp({ routes: [{ method: 'POST', path: '/upload', handle: refuseEarly }] }).options,
    );
    assert.match(await sendThenRead(service.port, '/upload'), /^HTTP\/1.1 409 [^]*enough/);
    await service.stop(1000);
  });

  it('serves its own metrics, those of Node.js, and how long requests took', async () => {
    const { options } = setUp({ routes: [{ method: 'GET', path: '/hello', handle: (_req, res) => void res.end() }] });
    options.metrics.counter('things_total', 'Things.').inc(3);
    const service = await startService(options);
    await get(service, '/hello');
    await sleep(50); // the client may have the answer before the server has closed it
    const { text } = await get(service, '/metrics');
    await service.stop(1000);
    assert.match(text, /^sendpool_things_total\{service="test"\} 3$/m);
    assert.match(text, /^sendpool_nodejs_eventloop_lag_p99_seconds\{service="test"\} /m);
    const labels = /^sendpool_http_request_duration_seconds_count\{(.*)\} 1$/m.exec(text)?.[1]?.split(',');
    assert.deepEqual(new Set(labels), new Set(['route="/hello"', 'status="200"', 'service="test"']));
  });

  it('says which address is taken', async () => {
    const first = await startService(setUp().options);
    const http = { host: '127.0.0.1', port: first.port };
    const { options, lines } = setUp({ http });
    const message = new RegExp(`cannot listen on 127.0.0.1:${first.port}`);
    await assert.rejects(startService(options), message);
    assert.match(lines.join(''), message);
    await first.stop(1000);
  });
});
