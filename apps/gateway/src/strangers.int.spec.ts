/** Who has no valid key is turned away by address after some tries, at every door; whoever has one comes in from the same address. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { startScene, type Scene } from './scene.fixture.ts';

const tries = 5;
const id = '01932f6e-0000-7000-8000-000000000001';

type Asked = { from: string; key: string | null };
type Told = { status: number | undefined; headers: IncomingMessage['headers']; body: string };

const send = async (url: string, asked: Asked, init: { method: string; headers: object; body?: string }) => {
  const authorization = asked.key === null ? {} : { authorization: `Bearer ${asked.key}` };
  const { method, headers } = init;
  const req = request(url, { method, localAddress: asked.from, headers: { ...headers, ...authorization } });
  req.end(init.body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode, headers: res.headers, body: await text(res) };
};

const operation = { method: 'POST', body: '{"query":"{ __typename }"}' };
const json = { 'content-type': 'application/json' };

const doors: Readonly<Record<string, (scene: Scene, asked: Asked) => Promise<Told>>> = {
  HTTP: ({ url }, asked) => send(url, asked, { ...operation, headers: json }),
  'server-sent events': ({ url }, asked) =>
    send(`${url}/stream`, asked, { ...operation, headers: { ...json, accept: 'text/event-stream' } }),
  'an upload': ({ origin }, asked) =>
    send(`${origin}/audiences/${id}/contacts`, asked, { method: 'POST', headers: { 'content-type': 'text/csv' } }),
  'a download': ({ origin }, asked) =>
    send(`${origin}/campaigns/${id}/recipients.csv`, asked, { method: 'GET', headers: {} }),
};

/** 0: it was let in. */
const connect = async (scene: Scene, { from, key }: Asked): Promise<number> => {
  const socket = new WebSocket(scene.url.replace('http', 'ws'), 'graphql-transport-ws', { localAddress: from });
  await once(socket, 'open');
  socket.send(
    JSON.stringify({ type: 'connection_init', payload: key === null ? {} : { authorization: `Bearer ${key}` } }),
  );
  const closed = once(socket, 'close').then(([code]) => code as number);
  const code = await Promise.race([closed, once(socket, 'message').then(() => 0)]);
  socket.close();
  return code;
};

describe('strangers', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ STRANGERS_PER_MINUTE: String(tries) });
  });
  after(() => scene.stop());

  for (const [at, [name, ask]] of Object.entries(doors).entries())
    it(`over ${name} are told to wait after ${tries} tries, and a valid key comes in from the same address`, async () => {
      const from = `127.0.1.${at + 1}`;
      for (let turn = 0; turn < tries; turn += 1)
        assert.equal((await ask(scene, { from, key: turn % 2 === 0 ? null : 'sp_wrong' })).status, 401);
      const { status, headers, body } = await ask(scene, { from, key: 'sp_wrong' });
      assert.equal(status, 429);
      assert.match(headers['retry-after'] ?? '', /^1?\d$/);
      assert.match(body, /Too many requests without a valid key come from this address: try again in 1?\d s/);
      assert.match(body, /"code":"RATE_LIMITED"/);
      for (const known of Object.values(doors))
        assert.ok(![401, 429].includes((await known(scene, { from, key: 'ADMIN' })).status!));
      assert.equal(await connect(scene, { from, key: 'ADMIN' }), 0);
      assert.equal((await ask(scene, { from: `127.0.2.${at + 1}`, key: null })).status, 401);
    });

  it('over WebSocket are closed with 4403, after some tries with 4429, and a valid key comes in', async () => {
    const from = '127.0.1.9';
    for (let turn = 0; turn < tries; turn += 1)
      assert.equal(await connect(scene, { from, key: turn % 2 === 0 ? null : 'sp_wrong' }), 4403);
    assert.equal(await connect(scene, { from, key: 'sp_wrong' }), 4429);
    assert.equal((await doors['HTTP']!(scene, { from, key: null })).status, 429);
    assert.equal(await connect(scene, { from, key: 'READER' }), 0);
    assert.equal(await connect(scene, { from: '127.0.2.9', key: null }), 4403);
  });

  it('that open sockets and say nothing count as well', async () => {
    const from = '127.0.1.10';
    for (let turn = 0; turn < tries; turn += 1) {
      const socket = new WebSocket(scene.url.replace('http', 'ws'), 'graphql-transport-ws', { localAddress: from });
      await once(socket, 'open');
      socket.close();
      await once(socket, 'close');
    }
    assert.equal(await connect(scene, { from, key: null }), 4429);
  });

  it('are not counted where it is switched off', async () => {
    const open = await startScene({ STRANGERS_PER_MINUTE: '0' });
    for (let turn = 0; turn < 3 * tries; turn += 1)
      assert.equal((await doors['HTTP']!(open, { from: '127.0.0.1', key: null })).status, 401);
    await open.stop();
  });
});
