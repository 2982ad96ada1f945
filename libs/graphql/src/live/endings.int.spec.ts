/** How live streams end when nobody meant them to: services that die, keys that end, clients that do not read; and what they share. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'graphql-ws';
import { sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';
import { startScene, until, type Scene } from './scene.fixture.ts';

const state = 'subscription { state { n } }';

/** A stream of events on a bare connection, read only as far as the spec wants. */
const openStream = (scene: Scene, query: string, key = 'reader') => {
  const body = JSON.stringify({ query });
  const socket = connect(scene.gateway.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => {});
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
      `accept: text/event-stream\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const ended = once(socket, 'close');
  return {
    socket,
    ended,
    text: () => text,
    has: (part: string) => until(() => text.includes(part), `${part} in ${text}`),
  };
};

const openSocket = async (scene: Scene, key = 'reader') => {
  const socket = new WebSocket(scene.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
  let text = '';
  socket.on('message', (data: Buffer) => (text += `${data.toString()}\n`));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code]) => code as number);
  const send = (message: object): void => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  const has = (part: string) => until(() => text.includes(part), `${part} in ${text}`);
  await has('connection_ack');
  const subscribe = (id: string, query: string): void => send({ id, type: 'subscribe', payload: { query } });
  return { socket, closed, send, subscribe, text: () => text, has };
};

const eventsIn = (text: string): number[] => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
const upTo = (number: number): number[] => Array.from({ length: number }, (_, n) => n);

describe('live streams', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());
  const listeners = (number: number): Promise<void> =>
    until(() => scene.hub.now() === number, `${number} listeners, not ${scene.hub.now()}`);

  it('end within 5 seconds when their key is revoked, and no other does', async () => {
    const mine = await startScene();
    const stream = openStream(mine, state);
    const other = openStream(mine, state, 'admin');
    const socket = await openSocket(mine);
    socket.subscribe('1', state);
    await until(() => mine.hub.now() === 2, 'a stream for each role');
    const began = performance.now();
    mine.revoke('reader');
    assert.equal(await socket.closed, 4403);
    await stream.has('"code":"UNAUTHENTICATED"');
    await stream.has('event: complete');
    assert.ok(performance.now() - began < 5000);
    await until(() => mine.hub.now() === 1, 'one listener');
    mine.hub.publish({ n: 7, text: '' });
    await other.has('"n":7');
    await mine.stop();
  });

  it('take no operation on a socket from the moment its key is revoked', async () => {
    const mine = await startScene();
    const socket = await openSocket(mine);
    mine.revoke('reader');
    socket.subscribe('1', '{ listeners }');
    assert.equal(await socket.closed, 4403);
    assert.ok(!socket.text().includes('"next"'), socket.text());
    await mine.stop();
  });

  it('do not begin when their key is revoked while the body of the request still comes', async () => {
    const mine = await startScene();
    const body = JSON.stringify({ query: state });
    const socket = connect(mine.gateway.port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    socket.write(
      `POST /graphql/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer reader\r\ncontent-type: application/json\r\n` +
        `accept: text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await sleep(100);
    mine.revoke('reader');
    socket.write(body.slice(5));
    await until(() => text.includes('\r\n\r\n'), 'an answer');
    assert.match(text, /^HTTP\/1\.1 401 /);
    socket.destroy();
    await mine.stop();
  });

  it('end with an error when their service dies, so that the client comes again', async () => {
    const mine = await startScene();
    const socket = await openSocket(mine);
    socket.subscribe('1', state);
    const stream = openStream(mine, 'subscription { pages { n } }');
    await until(() => mine.hub.now() === 2, 'two listeners');
    mine.hub.publish({ n: 1, text: '' });
    await Promise.all([socket.has('"n":1'), stream.has('"n":1')]);
    mine.events.server.closeAllConnections();
    await Promise.all([socket.has('"type":"error"'), stream.has('event: complete')]);
    for (const text of [socket.text(), stream.text()]) {
      assert.match(text, /"code":"UNAVAILABLE"/);
      assert.ok(!/ECONN|127\.0\.0\.1:|UND_ERR/.test(text), text);
    }
    assert.ok(!socket.text().includes('"complete"'), 'an error is the last message');
    socket.subscribe('2', state);
    await until(() => mine.hub.now() === 1, 'a listener again');
    await mine.stop();
  });

  it('end with an error when their service stops as it should, and when it is gone already', async () => {
    const mine = await startScene();
    const stream = openStream(mine, state);
    await until(() => mine.hub.now() === 1, 'a listener');
    mine.events.door.part.drain();
    await stream.has('"code":"UNAVAILABLE"');
    await mine.events.stop();
    const late = openStream(mine, state);
    await late.has('event: complete');
    assert.match(late.text(), /"code":"UNAVAILABLE"/);
    assert.ok(!/ECONN|127\.0\.0\.1:/.test(late.text()), late.text());
    await mine.stop();
  });

  it('end with what a service says at last, as their last message', async () => {
    const socket = await openSocket(scene);
    socket.subscribe('1', 'subscription { expired(after: "c") { n } }');
    await socket.has(
      '{"id":"1","type":"error","payload":[{"message":"the events after this cursor are not kept any more"',
    );
    assert.match(socket.text(), /"code":"CONFLICT"/);
    socket.subscribe('2', '{ listeners }');
    await socket.has('"complete"');
    assert.ok(!socket.text().includes('{"id":"1","type":"complete"') && !socket.text().includes('"expired":null'));
    socket.socket.terminate();
  });

  it('tell a client of WebSocket by its error, not by its end, that the service has died', async () => {
    const mine = await startScene();
    const client = createClient({
      url: mine.gateway.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: 'Bearer reader' },
      retryAttempts: 0,
    });
    const ended = new Promise((resolve) => {
      client.subscribe({ query: state }, { next: () => {}, error: resolve, complete: () => resolve('complete') });
    });
    await until(() => mine.hub.now() === 1, 'a listener');
    mine.events.server.closeAllConnections();
    assert.equal(((await ended) as { extensions: { code: string } }[])[0]?.extensions.code, 'UNAVAILABLE');
    await client.dispose();
    await mine.stop();
  });

  it('are one in the service for all of one role who ask for the same, and another for another role', async () => {
    const before = scene.hub.ever();
    const query = 'subscription { state { n pool { name } } }';
    const sockets = await Promise.all(['reader', 'reader', 'reader-2', 'admin'].map((key) => openSocket(scene, key)));
    for (const socket of sockets) socket.subscribe('1', query);
    const stream = openStream(scene, query);
    await listeners(2);
    const asked = scene.poolsAsked.length;
    scene.hub.publish({ n: 1, text: '', pool: { id: 'shared' } });
    await Promise.all([...sockets, stream].map((one) => one.has('"n":1')));
    assert.equal(scene.hub.ever() - before, 2);
    assert.equal(scene.poolsAsked.length - asked, 2, 'one execution for each role');
    sockets[0]!.socket.terminate();
    scene.hub.publish({ n: 2, text: '', pool: { id: 'shared' } });
    await Promise.all([...sockets.slice(1), stream].map((one) => one.has('"n":2')));
    for (const { socket } of sockets) socket.terminate();
    stream.socket.destroy();
    await listeners(0);
  });

  it('are not shared by those who ask for something else, or from a cursor', async () => {
    const socket = await openSocket(scene);
    const cursor = 'subscription { pages(after: "c1") { n } }';
    [state, 'subscription { state { n text } }', cursor, cursor].forEach((query, id) =>
      socket.subscribe(String(id), query),
    );
    await listeners(4);
    socket.socket.terminate();
    await listeners(0);
  });

  it('tell whoever comes later the last state at once, but no event of before', async () => {
    const [first, second] = await Promise.all([openSocket(scene), openSocket(scene)]);
    first.subscribe('s', state);
    first.subscribe('p', 'subscription { pages { n } }');
    await listeners(2);
    scene.hub.publish({ n: 5, text: '' });
    await first.has('{"id":"p","type":"next","payload":{"data":{"pages":{"n":5}}}}');
    second.subscribe('s', state);
    second.subscribe('p', 'subscription { pages { n } }');
    await second.has('{"id":"s","type":"next","payload":{"data":{"state":{"n":5}}}}');
    await sleep(100);
    assert.ok(!second.text().includes('"pages"'), second.text());
    for (const { socket } of [first, second]) socket.terminate();
    await listeners(0);
  });

  const flood = async (number: number): Promise<void> => {
    const text = 'x'.repeat(40_000);
    for (let n = 0; n < number; n += 1) {
      scene.hub.publish({ n, text });
      await sleep(1);
    }
  };

  it('end with SLOW_CONSUMER for a client that does not keep up, and go on for the others', async () => {
    const query = 'subscription { state { n text } }';
    const [slow, fast] = await Promise.all([openSocket(scene), openSocket(scene)]);
    slow.subscribe('1', query);
    fast.subscribe('1', query);
    const stalled = openStream(scene, query);
    await listeners(1);
    scene.hub.publish({ n: 0, text: '' });
    await Promise.all([slow, fast, stalled].map((one) => one.has('"n":0')));
    for (const socket of [slow.socket, stalled.socket]) socket.pause();
    await flood(1000);
    await until(() => eventsIn(fast.text()).length === 1001, 'all events for who reads');
    for (const socket of [slow.socket, stalled.socket]) socket.resume();
    await Promise.all([slow, stalled].map((one) => one.has('"code":"SLOW_CONSUMER"')));
    for (const one of [slow, stalled]) {
      const [first, ...got] = eventsIn(one.text());
      assert.equal(first, 0);
      assert.deepEqual(got, upTo(got.length), 'no gap before the end');
      assert.ok(got.length < 1000);
    }
    for (const socket of [slow.socket, fast.socket]) socket.terminate();
    stalled.socket.destroy();
    await listeners(0);
  });

  it('end with clients that leave at any moment, those that never saw a byte too', async () => {
    const query = 'subscription { pages(after: "c") { n } }';
    for (let turn = 0; turn < 60; turn += 1) {
      const stream = openStream(scene, query);
      await sleep(turn % 12);
      stream.socket.destroy();
    }
    const sockets = await Promise.all(Array.from({ length: 12 }, () => openSocket(scene)));
    for (const [turn, socket] of sockets.entries()) {
      socket.subscribe('1', query);
      await sleep(turn);
      socket.socket.terminate();
    }
    await sleep(100);
    await listeners(0);
  });

  it('go as fast as the client reads when they are its own, and lose nothing', async () => {
    const query = `subscription { texts(count: 1000, text: "${'x'.repeat(40_000)}", after: "c0") { n text } }`;
    const stream = openStream(scene, query);
    await stream.has('"n":3,');
    stream.socket.pause();
    await sleep(500);
    stream.socket.resume();
    await stream.has('event: complete');
    assert.deepEqual(eventsIn(stream.text()), upTo(1000));
    stream.socket.destroy();
  });
});
