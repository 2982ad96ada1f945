/** Places for sockets that have not said who they are: each address has so many, and a key in the header needs none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { startScene, type Scene } from './scene.fixture.ts';

const authorization = 'Bearer reader';

const refusal = async (socket: WebSocket): Promise<IncomingMessage> => {
  socket.once('open', () => socket.emit('error', new Error('it was opened')));
  const [, res] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  return res.resume();
};

describe('sockets of strangers', () => {
  let scene: Scene;
  before(async () => {
    scene = await startScene({ live: { strangersOfAddress: 1 } });
  });
  after(() => scene.stop());

  const open = (localAddress: string, headers: Record<string, string> = {}): WebSocket =>
    new WebSocket(scene.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', { localAddress, headers });
  it('of one address have a place each until they say who they are, and those of another address are not concerned', async () => {
    const first = open('127.0.0.1');
    await once(first, 'open');
    const { statusCode, headers } = await refusal(open('127.0.0.1'));
    assert.deepEqual([statusCode, headers['retry-after']], [429, '5']);
    const elsewhere = open('127.0.0.2');
    await once(elsewhere, 'open');
    first.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    await once(first, 'message');
    const second = open('127.0.0.1');
    await once(second, 'open');
    for (const socket of [first, second, elsewhere]) {
      socket.close();
      await once(socket, 'close');
    }
  });

  it('are not those with a valid key in the header', async () => {
    const first = open('127.0.0.3');
    await once(first, 'open');
    assert.equal((await refusal(open('127.0.0.3', { authorization: 'Bearer nobody' }))).statusCode, 429);
    const known = open('127.0.0.3', { authorization });
    await once(known, 'open');
    for (const socket of [first, known]) socket.terminate();
  });
});
