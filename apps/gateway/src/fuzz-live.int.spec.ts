/** The fuzz run over server-sent events and WebSocket: operations, messages and frames by chance. Nothing crashes, nothing leaks out, nothing stays open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { seededRandom, sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';
import { collect, hostile, noise, operationOf, pick, runs, seed, showsNothing, spoil } from './fuzz.fixture.ts';
import type { Random } from './operations.fixture.ts';
import { startScene, type Scene } from './scene.fixture.ts';

const kinds = ['query', 'mutation', 'subscription'] as const;
const init = { type: 'connection_init', payload: { authorization: 'Bearer ADMIN' } };
const cheap = { query: '{ __typename }' };

type Message = { id?: string; type: string };
type Client = { socket: WebSocket; texts: string[]; closed: Promise<[code: number, reason: string]> };

const open = async (scene: Scene, first: unknown = init): Promise<Client> => {
  const socket = new WebSocket(scene.url.replace('http', 'ws'), 'graphql-transport-ws');
  const texts: string[] = [];
  socket.on('error', () => undefined).on('message', (data: Buffer) => texts.push(data.toString()));
  const closed = once(socket, 'close').then(([code, reason]) => [code as number, String(reason)] as [number, string]);
  await once(socket, 'open');
  if (first === undefined) return { socket, texts, closed };
  socket.send(JSON.stringify(first));
  await once(socket, 'message');
  return { socket, texts, closed };
};

const until = async (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let tries = 0; tries < 1000; tries += 1, await sleep(10)) if (await isSo()) return;
  assert.fail(`seed ${seed}: no ${what}`);
};

const messagesOf = ({ texts }: Client): Message[] => texts.map((text) => JSON.parse(text) as Message);
const isEnd = ({ type }: Message): boolean => type === 'complete' || type === 'error';

/** A message of the protocol in which something is wrong, or which comes at a wrong time. */
const badMessage = (random: Random): string | Uint8Array => {
  const made = operationOf(kinds, random);
  const good = { id: '1', type: 'subscribe', payload: made };
  return pick<() => string | Uint8Array>(
    [
      () => noise(random),
      () => spoil(made, random),
      () => `{"id":"1","type":"subscribe","payload":${spoil(made, random)}}`,
      () => JSON.stringify(pick(hostile, random)),
      () => JSON.stringify({ ...good, [pick(['id', 'type', 'payload'], random)]: pick(hostile, random) }),
      () => JSON.stringify({ ...good, id: 'x'.repeat(Math.floor(random() * 500_000)) }),
      () => JSON.stringify({ ...good, id: '__proto__' }),
      () => JSON.stringify({ type: pick(['ping', 'pong', 'complete', 'next', 'connection_ack'], random), id: 'no' }),
      () => JSON.stringify({ type: 'ping', payload: pick(hostile, random) }),
      () => JSON.stringify({ ...init, payload: pick(hostile, random) }),
      () => `${JSON.stringify(good)}${JSON.stringify(good)}`,
      () => '['.repeat(Math.floor(random() * 100_000)),
    ],
    random,
  )();
};

const frame = (first: number, payload: Uint8Array, isMasked = true): Buffer => {
  const size = payload.length;
  const length = size < 126 ? [size] : [126, size >> 8, size & 255];
  const head = Buffer.from([first, (isMasked ? 128 : 0) | length[0]!, ...length.slice(1)]);
  return Buffer.concat([head, ...(isMasked ? [Buffer.alloc(4)] : []), payload]);
};

const text = (message: unknown): Buffer => Buffer.from(JSON.stringify(message));

/** Frames that are none, or not at this place. */
const badFrames = (random: Random): Buffer =>
  pick<() => Buffer>(
    [
      () => Buffer.from(noise(random)),
      () => frame(0x81, Buffer.from([0xc3, 0x28, 0xff])),
      () => frame(0x81, text(init), false),
      () => frame(0x80, text(init)),
      () => Buffer.concat([frame(0x01, text(init)), frame(0x81, text(init))]),
      () => Buffer.concat(Array.from({ length: 500 }, () => frame(0x00, Buffer.alloc(1)))),
      () => Buffer.concat([frame(0x01, Buffer.from('{')), ...Array.from({ length: 500 }, () => frame(0, text('a')))]),
      () => frame(0x89, Buffer.alloc(126)),
      () => frame(0x88, Buffer.from([0x03])),
      () => frame(0x88, Buffer.from([0x27, 0x0f])),
      () => frame(0xf1, text(init)),
      () => frame(0x83 + Math.floor(random() * 5), text(init)),
      () => Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      () => Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0]),
      () => Buffer.concat([frame(0x81, text(init)), frame(0x82, text({ id: '1', type: 'subscribe', payload: cheap }))]),
    ],
    random,
  )();

const key = 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n';

/** A connection with the handshake done and nothing else. */
const handshake = async ({ origin }: Scene): Promise<{ socket: Socket; said(): string }> => {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').on('error', () => undefined);
  let said = '';
  socket.on('data', (chunk) => (said += chunk.toString('latin1')));
  socket.write(`GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}`);
  socket.write('sec-websocket-protocol: graphql-transport-ws\r\n\r\n');
  await until(() => said.includes('101 Switching'), 'handshake');
  return { socket, said: () => said };
};

describe(`live data, asked ${runs} times each by chance (seed ${seed})`, () => {
  let scene: Scene;
  const random = seededRandom(seed);
  const rejections: unknown[] = [];
  const keep = (reason: unknown): void => void rejections.push(reason);
  before(async () => {
    process.on('unhandledRejection', keep);
    scene = await startScene({ RATE_LIMIT_PER_MINUTE: '1000000000', STRANGERS_PER_MINUTE: '0' });
  });
  after(async () => {
    process.off('unhandledRejection', keep);
    await scene.stop();
  });

  const operations = async (count: number): Promise<void> => {
    const client = await open(scene);
    for (let run = 0; run < count; run += 1) {
      const made = operationOf(kinds, random);
      client.texts.length = 0;
      client.socket.send(JSON.stringify({ id: String(run), type: 'subscribe', payload: made }));
      await until(() => messagesOf(client).some(isEnd), `end of ${JSON.stringify(made)}`);
      for (const one of client.texts) showsNothing(one, made);
      assert.ok(messagesOf(client).every(({ id }) => id === String(run)));
    }
    client.socket.close();
    await client.closed;
  };
  const messages = async (count: number): Promise<void> => {
    for (let run = 0; run < count; run += 1) {
      const client = await open(scene, run % 10 === 0 ? undefined : init);
      const message = badMessage(random);
      client.socket.send(message, { binary: random() < 0.2 });
      if (random() < 0.5) client.socket.send(message);
      client.socket.send(JSON.stringify({ type: 'ping' }));
      await Promise.race([once(client.socket, 'message'), client.closed]);
      if (random() < 0.5) client.socket.terminate();
      else client.socket.close();
      const [, reason] = await client.closed;
      for (const one of [...client.texts, reason]) showsNothing(one, message.toString());
    }
  };
  const frames = async (count: number): Promise<void> => {
    for (let run = 0; run < count; run += 1) {
      const { socket, said } = await handshake(scene);
      if (run % 2 === 0) socket.write(frame(0x81, text(init)));
      for (let turn = 0; turn < 3; turn += 1) socket.write(badFrames(random));
      await Promise.race([once(socket, 'close'), sleep(20)]);
      socket.destroy();
      showsNothing(said(), run);
    }
  };
  const events = async (count: number): Promise<void> => {
    for (let run = 0; run < count; run += 1) {
      const body = pick([() => operationOf(kinds, random), () => spoil(operationOf(kinds, random), random)], random)();
      const answer = await scene.ask(body, 'ADMIN', { accept: 'text/event-stream' });
      assert.ok(answer.status < 500, answer.text);
      showsNothing(answer.text, body);
    }
  };

  const all = async (): Promise<void> => {
    for (const some of [operations, events, messages, frames]) await some(Math.ceil(runs / 4));
    await sleep(500);
  };

  it('answers each operation on a socket to its end', () => operations(runs));
  it('answers operations and what is malformed as events', () => events(runs));
  it('answers or closes on messages that are wrong or come at a wrong time', () => messages(runs));
  it('closes on what is no frame, and takes no harm of what never ends', () => frames(runs));

  it('closes with the code of the protocol also where the reason quotes a long text', async () => {
    const long = { id: 'é'.repeat(1000), type: 'subscribe', payload: { query: 'subscription { statsLag }' } };
    for (const [code, sent] of [
      [4409, [long, long]],
      [4400, [{ ...long, type: 'é'.repeat(70) }]],
    ] as const) {
      const client = await open(scene);
      for (const message of sent) client.socket.send(JSON.stringify(message));
      const [closed, reason] = await client.closed;
      assert.equal(closed, code, reason);
      assert.ok(reason.length > 20 && !reason.includes('\ufffd'), reason);
    }
  });

  it('refuses an id that would make each result long, and a message that only servers send', async () => {
    const client = await open(scene);
    const ask = { type: 'subscribe', payload: cheap };
    client.socket.send(JSON.stringify({ ...ask, id: 'x'.repeat(201) }));
    client.socket.send(JSON.stringify({ ...ask, id: 'x'.repeat(200) }));
    await until(() => messagesOf(client).filter(isEnd).length === 2, '2 ends');
    const [, refused] = client.texts;
    assert.match(refused!, /^.{200,400}"BAD_REQUEST"/);
    assert.equal(messagesOf(client).at(-1)?.type, 'complete');
    for (const type of ['next', 'error', 'connection_ack']) {
      const other = await open(scene);
      other.socket.send(JSON.stringify({ type, id: '1', payload: type === 'error' ? [{ message: 'x' }] : {} }));
      assert.deepEqual(await other.closed, [4400, 'Unexpected message'], type);
    }
    client.socket.close();
    await client.closed;
  });

  it('answers 10,000 operations that come at once on one socket, most of them by a refusal', async () => {
    const client = await open(scene);
    client.texts.length = 0;
    const before = collect();
    for (let at = 0; at < 10_000; at += 1)
      client.socket.send(JSON.stringify({ id: String(at), type: 'subscribe', payload: cheap }));
    await until(() => client.texts.length > 9900 && messagesOf(client).filter(isEnd).length === 10_000, '10,000 ends');
    assert.ok(client.texts.some((one) => one.includes('TOO_MANY_STREAMS')));
    client.texts.forEach((one) => showsNothing(one, cheap));
    client.texts.length = 0;
    const grown = collect() - before;
    assert.ok(grown < 15e6, `${Math.round(grown / 1e6)} MB more`);
    client.socket.close();
    await client.closed;
  });

  it('complained of nothing, left nothing open, and answers as before', async () => {
    assert.deepEqual([scene.complaints, rejections], [[], []]);
    await until(async () => {
      const metrics = await (await fetch(`${scene.origin}/metrics`)).text();
      const lines = metrics.match(/^sendpool_gateway_live_connections\{.*$/gm) ?? [];
      return lines.length === 2 && lines.every((line) => line.endsWith(' 0'));
    }, 'end of all sockets and streams');
    const answer = await scene.ask({ query: '{ statsLag { counted } }' });
    assert.deepEqual(answer.data, { statsLag: { counted: '7' } });
  });

  it('holds no more memory and no more handles after many of all these than after some', async () => {
    await all();
    const before = { heap: collect(), handles: process.getActiveResourcesInfo().length };
    await all();
    const grown = collect() - before.heap;
    assert.ok(grown < 15e6, `${Math.round(grown / 1e6)} MB more`);
    assert.ok(process.getActiveResourcesInfo().length <= before.handles + 10);
  });
});
