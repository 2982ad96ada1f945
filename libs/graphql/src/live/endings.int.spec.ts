/** How live streams end when nobody meant them to: services that die, keys that end, clients that leave. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'graphql-ws';
import { sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';
import { openSocket, openStream } from './open.fixture.ts';
import { startScene, until, type Scene } from './scene.fixture.ts';
import { state } from './websocket.fixture.ts';

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
});
