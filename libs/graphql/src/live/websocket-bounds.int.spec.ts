/** What one socket, one key and all sockets together may take from the gateway, and which are not opened or ended. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';
import { startScene, until, type Scene } from './scene.fixture.ts';
import { codeOf, createSockets, init, state, subscribe } from './websocket.fixture.ts';

describe('the bounds of sockets', () => {
  let scene: Scene;
  const { connect, known, end } = createSockets();
  before(async () => {
    scene = await startScene({ live: { operationsPerSocket: 3 } });
  });
  after(() => scene.stop());
  afterEach(end);

  it('closes with 1009 whoever sends more than 16 kB before it knows who it is, in one message or in many', async () => {
    const half = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(9000) } });
    for (const messages of [[JSON.stringify(init()) + ' '.repeat(17_000)], [half, half]]) {
      const client = connect(scene);
      await client.opened;
      client.send(...messages);
      assert.equal((await client.closed).code, 1009);
      assert.deepEqual(client.of('connection_ack'), []);
    }
  });

  it('cuts off a message above 16 kB of a stranger before it is complete', async () => {
    const client = connect(scene);
    await client.opened;
    client.socket.send('x'.repeat(17_000), { fin: false });
    assert.equal((await client.closed).code, 1009);
  });

  it('closes with 4408 whoever does not say in time who it is', async () => {
    const client = connect(scene);
    await client.opened;
    assert.deepEqual(await client.closed, { code: 4408, reason: 'Connection initialisation timeout' });
  });

  it('closes with 1009 for a message above 1 MiB', async () => {
    const client = await known(scene);
    client.send('x'.repeat(1024 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
  });

  it('refuses the fourth operation on a socket that may have three', async () => {
    const client = await known(scene);
    client.send(...['1', '2', '3', '4'].map((id) => subscribe(id, `subscription { state(of: "${id}") { n } }`)));
    await client.got('error');
    const [error] = client.of('error');
    assert.deepEqual([error?.id, codeOf(error)], ['4', 'TOO_MANY_STREAMS']);
    await until(() => scene.hub.now() === 3, 'three listeners');
    client.send({ id: '1', type: 'complete' });
    await until(() => scene.hub.now() === 2, 'two listeners');
    client.send(subscribe('5', '{ listeners }'));
    await client.got('complete');
  });

  it('counts the operations of a key over all its sockets and streams', async () => {
    const own = await startScene({ live: { operationsPerKey: 2 } });
    const answers = await Promise.all(
      [1, 2, 3].map((n) => {
        const body = JSON.stringify({ query: `subscription { state(of: "${n}") { n } }` });
        const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
        const init = { method: 'POST', headers: { ...headers, authorization: 'Bearer reader' }, body };
        return fetch(own.gateway.url, init);
      }),
    );
    assert.equal(answers.filter(({ status }) => status === 429).length, 1);
    await own.stop();
  });

  it('ends a socket that does not answer its pings, and none that does', async () => {
    const own = await startScene({ live: { pingMs: 100 } });
    const url = own.gateway.url.replace('http', 'ws');
    const [silent, good] = [false, true].map((autoPong) => new WebSocket(url, 'graphql-transport-ws', { autoPong }));
    await once(good!, 'open');
    const [code] = await once(silent!, 'close');
    await sleep(300);
    assert.deepEqual([code, good?.readyState], [1006, WebSocket.OPEN]);
    good?.terminate();
    await own.stop();
  });

  it('ends a socket that reads nothing, however many pongs it sends that nobody asked for', async () => {
    const own = await startScene({ live: { pingMs: 100 } });
    const { socket, send } = await known(own);
    send(subscribe('1', state));
    await until(() => own.hub.now() === 1, 'a listener');
    socket.pause();
    const pongs = setInterval(() => socket.pong(), 20);
    await until(() => own.hub.now() === 0, 'the end of its stream').finally(() => clearInterval(pongs));
    await own.stop();
  });

  const isRefused = async (own: Scene): Promise<void> => {
    const [error] = (await once(connect(own).socket, 'error')) as [Error];
    assert.match(error.message, /503/);
  };

  it('opens no more sockets for strangers than there may be, and more for those who say who they are', async () => {
    const own = await startScene({ live: { strangers: 1 } });
    const first = connect(own);
    await first.opened;
    await isRefused(own);
    first.send(init());
    await first.got('connection_ack');
    const second = connect(own);
    await second.opened;
    second.socket.close();
    await second.closed;
    await connect(own).opened;
    await own.stop();
  });

  it('opens no more sockets than there may be', async () => {
    const own = await startScene({ live: { sockets: 1 } });
    await connect(own).opened;
    await isRefused(own);
    await own.stop();
  });

  it('opens no socket for a page of elsewhere, and one for its own pages and for programs', async () => {
    const own = `http://127.0.0.1:${scene.gateway.port}`;
    for (const [origin, may] of [
      ['https://elsewhere.example', false],
      ['null', false],
      [own, true],
    ] as const) {
      const client = connect(scene, { origin });
      const opened = await Promise.race([client.opened.then(() => true), client.closed.then(() => false)]).catch(
        () => false,
      );
      assert.equal(opened, may, origin);
    }
  });
});
