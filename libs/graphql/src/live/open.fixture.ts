/** For specs: bare connections that keep the text of what they get, and read only as far as the spec wants. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { until, type Scene } from './scene.fixture.ts';

/** A stream of server-sent events. */
export const openStream = (scene: Scene, query: string, key = 'reader') => {
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

/** A socket that is known. */
export const openSocket = async (scene: Scene, key = 'reader') => {
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
