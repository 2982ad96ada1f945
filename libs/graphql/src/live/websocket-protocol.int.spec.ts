/** The protocol graphql-transport-ws, message by message (PROTOCOL.md of graphql-ws), with sockets that know nothing of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';
import { startScene, until, type Scene } from './scene.fixture.ts';
import { codeOf, createSockets, init, state, subscribe, type Message } from './websocket.fixture.ts';

describe('the WebSocket protocol', () => {
  let scene: Scene;
  const { connect, known, end } = createSockets();
  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());
  afterEach(end);

  it('acknowledges whoever says who it is, in the first message or in the header', async () => {
    await known(scene);
    const client = connect(scene, { headers: { authorization: 'Bearer reader' } });
    await client.opened;
    client.send({ type: 'connection_init' });
    await client.got('connection_ack');
  });

  it('answers a ping with a pong of the same payload, before and after it knows who it is', async () => {
    const client = connect(scene);
    await client.opened;
    client.send({ type: 'ping', payload: { n: 1 } }, init(), { type: 'ping' });
    await client.got('pong', 2);
    assert.deepEqual(client.of('pong'), [{ type: 'pong', payload: { n: 1 } }, { type: 'pong' }]);
    client.send({ type: 'pong' });
    await sleep(50);
    assert.equal(client.socket.readyState, WebSocket.OPEN);
  });

  const closings: [string, number, string, (Message | string)[]][] = [
    ['what is no JSON', 4400, 'Invalid message received', ['{']],
    ['a message of no known type', 4400, 'Invalid message received', [{ type: 'nothing' }]],
    [
      'a subscribe without an id',
      4400,
      'Invalid message received',
      [init(), { type: 'subscribe', payload: { query: '{ a }' } }],
    ],
    [
      'a subscribe without a document',
      4400,
      'Invalid message received',
      [init(), { id: '1', type: 'subscribe', payload: {} }],
    ],
    ['a subscribe before it knows who it is', 4401, 'Unauthorized', [subscribe('1', state)]],
    ['a wrong key', 4403, 'Forbidden', [init('wrong')]],
    ['no key', 4403, 'Forbidden', [{ type: 'connection_init' }]],
    ['a key that is no text', 4403, 'Forbidden', [{ type: 'connection_init', payload: { authorization: { a: 1 } } }]],
    [
      'an id that is in use',
      4409,
      'Subscriber for 1 already exists',
      [init(), subscribe('1', state), subscribe('1', state)],
    ],
    ['a second connection_init', 4429, 'Too many initialisation requests', [init(), init()]],
  ];
  for (const [name, code, reason, messages] of closings)
    it(`closes with ${code} for ${name}`, async () => {
      const client = connect(scene);
      await client.opened;
      // An operation is only taken once the first message has been judged.
      client.send(messages[0]!);
      if (messages.length > 1 && code !== 4429) await client.got('connection_ack');
      client.send(...messages.slice(1));
      assert.deepEqual(await client.closed, { code, reason });
    });

  /** Code of the first frame, which closes, after a handshake by hand: other clients end by themselves without their subprotocol. */
  const firstClose = async (protocol: string): Promise<number> => {
    const socket = connectTcp(scene.gateway.port, '127.0.0.1');
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n${protocol}\r\n`,
    );
    let answer = Buffer.alloc(0);
    const frame = (): Buffer => answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    socket.on('data', (chunk) => (answer = Buffer.concat([answer, chunk])));
    await until(() => answer.includes('\r\n\r\n') && frame().length >= 4, 'a frame');
    socket.destroy();
    assert.equal(frame()[0], 0x88);
    return frame().readUInt16BE(2);
  };

  it('closes with 4406 for another subprotocol, and for none', async () => {
    assert.equal(await firstClose('sec-websocket-protocol: graphql-ws\r\n'), 4406);
    assert.equal(await firstClose(''), 4406);
  });

  it('answers a ping with a long payload without it', async () => {
    const client = await known(scene);
    client.send({ type: 'ping', payload: { text: 'x'.repeat(100_000) } });
    await client.got('pong');
    assert.deepEqual(client.of('pong'), [{ type: 'pong' }]);
  });

  it('sends next for each event, and complete when the source ends', async () => {
    const client = await known(scene);
    client.send(subscribe('a', state));
    await until(() => scene.hub.now() === 1, 'a listener');
    scene.hub.publish({ n: 1, text: '' });
    scene.hub.publish({ n: 2, text: '' });
    scene.hub.finish();
    await client.got('complete');
    assert.deepEqual(client.messages.slice(1), [
      { id: 'a', type: 'next', payload: { data: { state: { n: 1 } } } },
      { id: 'a', type: 'next', payload: { data: { state: { n: 2 } } } },
      { id: 'a', type: 'complete' },
    ]);
  });

  it('sends nothing more of an operation that the client has completed, and ends its stream in the service', async () => {
    const client = await known(scene);
    client.send(subscribe('a', state));
    await until(() => scene.hub.now() === 1, 'a listener');
    client.send({ id: 'a', type: 'complete' });
    await until(() => scene.hub.now() === 0, 'no listener');
    client.send(subscribe('a', '{ listeners }'));
    await client.got('complete');
    assert.deepEqual(client.messages.slice(1), [
      { id: 'a', type: 'next', payload: { data: { listeners: 0 } } },
      { id: 'a', type: 'complete' },
    ]);
  });

  it('ends every stream of a socket that is killed', async () => {
    const client = await known(scene);
    client.send(subscribe('a', state), subscribe('b', 'subscription { pages { n } }'));
    await until(() => scene.hub.now() === 2, 'two listeners');
    client.socket.terminate();
    await until(() => scene.hub.now() === 0, 'no listener');
  });

  const refusals: [string, Message, string][] = [
    ['a document that cannot be read', subscribe('1', '{'), 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', subscribe('1', 'subscription { stat }'), 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a value of the wrong type',
      subscribe('1', 'subscription ($n: Int!) { texts(count: $n, text: "") { n } }', { n: 'x' }),
      'BAD_USER_INPUT',
    ],
    [
      'two operations without a name',
      subscribe('1', 'query A { listeners } query B { listeners }'),
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['what the key may not see', subscribe('1', 'subscription { secrets { n } }'), 'FORBIDDEN'],
    [
      'more than 30 aliases',
      subscribe('1', `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: listeners`).join(' ')} }`),
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ];
  for (const [name, message, code] of refusals)
    it(`answers ${name} with one error message, and goes on`, async () => {
      const client = await known(scene);
      client.send(message);
      await client.got('error');
      client.send(subscribe('2', '{ listeners }'));
      await client.got('complete');
      const [, error, ...rest] = client.messages;
      assert.equal(error?.id, '1');
      assert.equal(codeOf(error), code);
      assert.ok(!JSON.stringify(error).includes('Did you mean'));
      assert.deepEqual(
        rest.map(({ id, type }) => [id, type]),
        [
          ['2', 'next'],
          ['2', 'complete'],
        ],
      );
    });

  it('closes with 1001 when the gateway stops', async () => {
    const own = await startScene();
    const socket = new WebSocket(own.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify(init()));
    await once(socket, 'message');
    own.gateway.door.part.drain();
    const [code] = await once(socket, 'close');
    assert.equal(code, 1001);
    await own.stop();
  });
});
