/** Live data through the whole gateway: keys of the event log, its own port, its metrics, and its stop. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { keyRecord, publishKey, startScene, type Scene } from './scene.fixture.ts';

type Message = { id?: string; type: string; payload?: { data?: unknown } };

const connect = (scene: Scene, origin?: string) => {
  const headers = origin === undefined ? {} : { origin };
  const socket = new WebSocket(scene.url.replace('http', 'ws'), { protocols: 'graphql-transport-ws', headers });
  const messages: Message[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  const got = async (type: string): Promise<Message | undefined> => {
    for (let tries = 0; tries < 500; tries += 1, await sleep(10)) {
      const message = messages.find((one) => one.type === type);
      if (message !== undefined) return message;
    }
    return undefined;
  };
  const send = (message: object): void => socket.send(JSON.stringify(message));
  return { socket, closed, got, send, opened: once(socket, 'open') };
};

const know = async (scene: Scene, key: string) => {
  const client = connect(scene);
  await client.opened;
  client.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  assert.ok((await client.got('connection_ack')) !== undefined);
  return client;
};

describe('live data of the gateway', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ ALLOWED_ORIGINS: 'https://app.example.com' });
  });
  after(() => scene.stop());

  it('comes from the services, and its sockets and results are counted', async () => {
    const client = await know(scene, 'READER');
    const query = 'subscription { serverStats(serverId: "s") { __typename } }';
    client.send({ type: 'subscribe', id: '1', payload: { query } });
    assert.deepEqual((await client.got('next'))?.payload, { data: { serverStats: { __typename: 'ServerStats' } } });
    assert.ok((await client.got('complete')) !== undefined);
    const metrics = async (): Promise<string> => (await fetch(`${scene.origin}/metrics`)).text();
    const name = 'sendpool_gateway_live_connections{transport="WEBSOCKET",service="gateway"}';
    const text = await metrics();
    assert.ok(text.includes(`${name} 1\n`), text);
    assert.match(text, /^sendpool_gateway_live_results_total\{transport="WEBSOCKET",service="gateway"\} 1$/m);
    assert.match(text, /^sendpool_graphql_requests_total\{operation="subscription",code="OK",service="gateway"\} 1$/m);
    client.socket.close();
    await client.closed;
    for (let tries = 0; tries < 100 && !(await metrics()).includes(`${name} 0\n`); tries += 1) await sleep(20);
    assert.ok((await metrics()).includes(`${name} 0\n`));
  });

  it('ends within 5 seconds when the log says that a key is revoked, and when a key expires', async () => {
    await publishKey(scene.eventLog, keyRecord('leaked'));
    await publishKey(scene.eventLog, keyRecord('short', { expiresAt: Date.now() + 3000 }));
    while ((await scene.ask({ query: '{ __typename }' }, 'short')).status === 401) await sleep(20);
    const [leaked, short, good] = await Promise.all(['leaked', 'short', 'READER'].map((key) => know(scene, key)));
    const began = performance.now();
    await publishKey(scene.eventLog, keyRecord('leaked', { revision: 2, revoked: true }));
    assert.equal(await leaked?.closed, 4403);
    assert.ok(performance.now() - began < 5000);
    assert.equal(await short?.closed, 4403);
    assert.ok(performance.now() - began < 3000 + 5000);
    assert.equal(good?.socket.readyState, WebSocket.OPEN);
    good.socket.close();
  });

  it('opens sockets for pages of ALLOWED_ORIGINS and of its own, and for no others', async () => {
    const isOpened = async (origin: string): Promise<boolean> => {
      const { socket, closed, opened } = connect(scene, origin);
      const wasOpened = await Promise.race([opened.then(() => true), closed.then(() => false)]);
      socket.close();
      return wasOpened;
    };
    assert.equal(await isOpened('https://app.example.com'), true);
    assert.equal(await isOpened(scene.origin), true);
    assert.equal(await isOpened('https://app.example.com.evil.example'), false);
  });

  it('closes its sockets with 1001 when the process is asked to stop, at once', async () => {
    const own = await startScene();
    const client = await know(own, 'READER');
    const began = performance.now();
    const stopping = own.stop();
    assert.equal(await client.closed, 1001);
    assert.ok(performance.now() - began < 1000);
    await stopping;
  });
});
