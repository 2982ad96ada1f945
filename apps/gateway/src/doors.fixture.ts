/** For specs: one request over each transport of the gateway, with what comes back first. */
import type { Answer, Scene } from './scene.fixture.ts';

export type First = Pick<Answer, 'data' | 'errors'>;
export type Door = (scene: Scene, request: object, key?: string) => Promise<First>;

const overHttp: Door = (scene, request, key) => scene.ask(request, key);

const overEvents: Door = async (scene, request, key) => {
  const { text } = await scene.ask(request, key, { accept: 'text/event-stream' });
  return JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? 'null') as First;
};

type Message = { type: string; payload?: unknown };

const firstOf = ({ type, payload }: Message): First | undefined => {
  if (type === 'error') return { errors: payload as NonNullable<First['errors']> };
  return type === 'next' ? (payload as First) : undefined;
};

/** The protocol graphql-transport-ws by hand. */
const overSocket: Door = (scene, request, key = 'READER') =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(scene.url.replace('http', 'ws'), 'graphql-transport-ws');
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.addEventListener('open', () =>
      send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }),
    );
    socket.addEventListener('close', ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`)));
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === 'connection_ack') send({ type: 'subscribe', id: '1', payload: { query: '', ...request } });
      const first = firstOf(message);
      if (first === undefined) return;
      resolve(first);
      socket.close();
    });
  });

export const doors: Readonly<Record<string, Door>> = {
  HTTP: overHttp,
  'server-sent events': overEvents,
  WebSocket: overSocket,
};
