/** The protocol graphql-transport-ws, message by message (PROTOCOL.md of graphql-ws), with sockets that know nothing of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { WebSocket, type ClientOptions } from 'ws';
import { startScene, until, type Scene } from './scene.fixture.ts';

type Message = { id?: string; type: string; payload?: unknown };

const init = (key = 'reader'): Message => ({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
const subscribe = (id: string, query: string, variables: object = {}): Message => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});
const codeOf = (error: Message | undefined): unknown =>
  ((error?.payload ?? []) as { extensions: { code: string } }[])[0]?.extensions.code;
const state = 'subscription { state { n } }';

describe('the WebSocket protocol', () => {
  let scene: Scene;
  const open: WebSocket[] = [];
  before(async () => {
    scene = await startScene({ live: { operationsPerSocket: 3 } });
  });
  after(() => scene.stop());
  afterEach(() => open.splice(0).forEach((socket) => socket.terminate()));

  const connect = (options: ClientOptions = {}, protocols: string | string[] = 'graphql-transport-ws') => {
    const socket = new WebSocket(scene.gateway.url.replace('http', 'ws'), protocols, options);
    open.push(socket);
    const messages: Message[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
    socket.on('error', () => {});
    const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    const send = (...all: (Message | string)[]): void => {
      for (const message of all) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    };
    const of = (type: string): Message[] => messages.filter((message) => message.type === type);
    const got = (type: string, number = 1): Promise<void> =>
      until(() => of(type).length >= number, `${number} of ${type}: ${JSON.stringify(messages)}`);
    const opened = once(socket, 'open');
    opened.catch(() => {}); // of a socket that is refused
    return { socket, messages, closed, send, of, got, opened };
  };
  const known = async (key = 'reader') => {
    const client = connect();
    await client.opened;
    client.send(init(key));
    await client.got('connection_ack');
    return client;
  };

  it('acknowledges whoever says who it is, in the first message or in the header', async () => {
    await known();
    const client = connect({ headers: { authorization: 'Bearer reader' } });
    await client.opened;
    client.send({ type: 'connection_init' });
    await client.got('connection_ack');
  });

  it('answers a ping with a pong of the same payload, before and after it knows who it is', async () => {
    const client = connect();
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
      const client = connect();
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
    const client = await known();
    client.send({ type: 'ping', payload: { text: 'x'.repeat(100_000) } });
    await client.got('pong');
    assert.deepEqual(client.of('pong'), [{ type: 'pong' }]);
  });

  it('closes with 1009 whoever sends more than 16 kB before it knows who it is, in one message or in many', async () => {
    const half = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(9000) } });
    for (const messages of [[JSON.stringify(init()) + ' '.repeat(17_000)], [half, half]]) {
      const client = connect();
      await client.opened;
      client.send(...messages);
      assert.equal((await client.closed).code, 1009);
      assert.deepEqual(client.of('connection_ack'), []);
    }
  });

  it('cuts off a message above 16 kB of a stranger before it is complete', async () => {
    const client = connect();
    await client.opened;
    client.socket.send('x'.repeat(17_000), { fin: false });
    assert.equal((await client.closed).code, 1009);
  });

  it('closes with 4408 whoever does not say in time who it is', async () => {
    const client = connect();
    await client.opened;
    assert.deepEqual(await client.closed, { code: 4408, reason: 'Connection initialisation timeout' });
  });

  it('closes with 1009 for a message above 1 MiB', async () => {
    const client = await known();
    client.send('x'.repeat(1024 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
  });

  it('sends next for each event, and complete when the source ends', async () => {
    const client = await known();
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
    const client = await known();
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
    const client = await known();
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
      const client = await known();
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

  it('refuses the fourth operation on a socket that may have three', async () => {
    const client = await known();
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
    const socket = new WebSocket(own.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
    socket.on('error', () => {});
    await once(socket, 'open');
    socket.send(JSON.stringify(init()));
    await once(socket, 'message');
    socket.send(JSON.stringify(subscribe('1', state)));
    await until(() => own.hub.now() === 1, 'a listener');
    socket.pause();
    const pongs = setInterval(() => socket.pong(), 20);
    await until(() => own.hub.now() === 0, 'the end of its stream').finally(() => clearInterval(pongs));
    socket.terminate();
    await own.stop();
  });

  it('opens no more sockets for strangers than there may be, and more for those who say who they are', async () => {
    const own = await startScene({ live: { strangers: 1 } });
    const url = own.gateway.url.replace('http', 'ws');
    const first = new WebSocket(url, 'graphql-transport-ws');
    await once(first, 'open');
    const second = new WebSocket(url, 'graphql-transport-ws');
    const [error] = (await once(second, 'error')) as [Error];
    assert.match(error.message, /503/);
    first.send(JSON.stringify(init()));
    await once(first, 'message');
    const third = new WebSocket(url, 'graphql-transport-ws');
    await once(third, 'open');
    third.close();
    await once(third, 'close');
    const fourth = new WebSocket(url, 'graphql-transport-ws');
    await once(fourth, 'open');
    for (const socket of [first, fourth]) socket.terminate();
    await own.stop();
  });

  it('opens no more sockets than there may be', async () => {
    const own = await startScene({ live: { sockets: 1 } });
    const url = own.gateway.url.replace('http', 'ws');
    const first = new WebSocket(url, 'graphql-transport-ws');
    await once(first, 'open');
    const second = new WebSocket(url, 'graphql-transport-ws');
    const [error] = (await once(second, 'error')) as [Error];
    assert.match(error.message, /503/);
    first.terminate();
    await own.stop();
  });

  it('opens no socket for a page of elsewhere, and one for its own pages and for programs', async () => {
    const own = `http://127.0.0.1:${scene.gateway.port}`;
    for (const [origin, may] of [
      ['https://elsewhere.example', false],
      ['null', false],
      [own, true],
    ] as const) {
      const client = connect({ origin });
      const opened = await Promise.race([client.opened.then(() => true), client.closed.then(() => false)]).catch(
        () => false,
      );
      assert.equal(opened, may, origin);
    }
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
