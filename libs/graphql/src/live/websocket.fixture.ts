/** For specs: sockets that know nothing of the protocol, and keep every message that they get. */
import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import { until, type Scene } from './scene.fixture.ts';

export type Message = { id?: string; type: string; payload?: unknown };

export const init = (key = 'reader'): Message => ({
  type: 'connection_init',
  payload: { authorization: `Bearer ${key}` },
});
export const subscribe = (id: string, query: string, variables: object = {}): Message => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});
export const codeOf = (error: Message | undefined): unknown =>
  ((error?.payload ?? []) as { extensions: { code: string } }[])[0]?.extensions.code;
export const state = 'subscription { state { n } }';

/** Sockets to the gateway of a scene; `end` terminates those that are still open. */
export const createSockets = () => {
  const open: WebSocket[] = [];
  const connect = (scene: Scene, options: ClientOptions = {}) => {
    const socket = new WebSocket(scene.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', options);
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
    // Of a socket that is refused.
    for (const never of [opened, closed]) never.catch(() => {});
    return { socket, messages, closed, send, of, got, opened };
  };
  const known = async (scene: Scene, key = 'reader') => {
    const client = connect(scene);
    await client.opened;
    client.send(init(key));
    await client.got('connection_ack');
    return client;
  };
  return { connect, known, end: () => open.splice(0).forEach((socket) => socket.terminate()) };
};
