/** The sockets of the public door: who may open one, how much may wait in it, and their end. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols } from 'graphql-ws';
import { WebSocketServer, type VerifyClientCallbackAsync, type WebSocket } from 'ws';
import type { GraphQLLog } from '../apollo.ts';
import { limits, type LiveLimits } from '../limits.ts';
import type { Frames } from './frames.ts';
import { keepAlive } from './keep-alive.ts';
import { createStrangers } from './strangers.ts';

export type Client = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** What is sent on it at present. */
  readonly streams: Set<Frames>;
  /** To be called when it has said who it is: until then little is taken from it. */
  readonly welcome: () => void;
};

export type SocketsOptions = {
  limits: Pick<LiveLimits, 'sockets' | 'strangers' | 'strangersOfAddress' | 'pingMs'>;
  /** Whether a page of this origin may open a socket. Programs that are no browsers name none. */
  isOwnOrigin: (origin: string, req: IncomingMessage) => boolean;
  /** Whether the request itself says who sends it. Asked where strangers have no place left. */
  isKnown: (req: IncomingMessage) => Promise<boolean>;
  /** Called for each new client; returns what is to be told of its messages and its end. */
  opened: (client: Client) => { message(text: string): Promise<void>; closed(code: number, reason: string): void };
  log: GraphQLLog;
};

export type Sockets = {
  /** Same shape as an upgrade of libs/service. */
  upgrade: { path: string; protocol: 'websocket'; handle(req: IncomingMessage, socket: Duplex, head: Buffer): void };
  drain(): void;
  stop(): void;
};

/** A client that does not take the end of its socket is cut off. */
const closeMs = 2000;
/** What a client leaves unread: its own requests make answers, so it could fill the memory without one subscription. */
const maxBufferedBytes = 16 * 1024 * 1024;

/** Resolves when the socket has taken the text, or is closed. */
export const sendText = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve) => {
    if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
    else resolve();
  });

/** A close frame has room for so many bytes; reasons of graphql-ws quote what the client sent. */
const maxReasonBytes = 123;

const shortened = (reason: string): string =>
  reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(maxReasonBytes)).read);

export const closeSocket = (socket: WebSocket, code: number, reason: string): void => {
  socket.close(code, shortened(reason));
  setTimeout(() => socket.terminate(), closeMs).unref();
};

const serve = (client: Client, { opened, log }: SocketsOptions): void => {
  const { socket, streams, welcome } = client;
  const { message, closed } = opened(client);
  const fail = (error: unknown): void => {
    log.error({ error }, 'a message on a socket could not be answered');
    closeSocket(socket, CloseCode.InternalServerError, 'Internal server error');
  };
  // A Buffer: no other `binaryType` is set.
  socket.on('message', (data: Buffer) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > maxBufferedBytes) socket.terminate();
    else message(data.toString()).catch(fail);
  });
  // Of the client's making: a frame too large, or no frame at all. The socket closes by itself.
  socket.on('error', (error) => log.debug({ error }, 'a socket broke off'));
  socket.once('close', (code, reason) => {
    welcome();
    for (const frames of streams) frames.end();
    closed(code, String(reason));
  });
};

/** Nothing more is read of it, not even its end: `closeSocket` does not wait for that. */
const refuseMore = (socket: WebSocket): void => {
  closeSocket(socket, 1009, 'Too much before connection_init');
  socket.pause();
};

type Turned = [status: number, reason: string, headers?: { 'Retry-After': string }];

/** Strangers are closed after 5 seconds: then there is a place again. */
const again = { 'Retry-After': '5' };

const turned = {
  ALL: [503, 'Service Unavailable', again],
  ADDRESS: [429, 'Too Many Requests', again],
} as const satisfies Record<string, Turned>;

export const createSockets = (options: SocketsOptions): Sockets => {
  const { limits: most, isOwnOrigin, isKnown } = options;
  const strangers = createStrangers(most);
  /** Why a client gets no socket. */
  const turnedOf = async (req: IncomingMessage): Promise<Turned | undefined> => {
    const { origin } = req.headers;
    if (origin !== undefined && !isOwnOrigin(origin, req)) return [403, 'Forbidden'];
    if (server.clients.size >= most.sockets) return turned.ALL;
    const full = strangers.full(req);
    return full === undefined || (await isKnown(req)) ? undefined : turned[full];
  };
  const verifyClient: VerifyClientCallbackAsync = ({ req }, answer) =>
    void turnedOf(req).then(
      (why) => (why === undefined ? answer(true) : answer(false, ...why)),
      (error: unknown) => {
        options.log.error({ error }, 'a client could not be asked who it is');
        answer(false, 500, 'Internal Server Error');
      },
    );
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.bodyBytes,
    perMessageDeflate: false,
    handleProtocols,
    verifyClient,
  });
  const beat = keepAlive(server.clients, options.limits.pingMs);
  const handle = (req: IncomingMessage, duplex: Duplex, head: Buffer): void =>
    server.handleUpgrade(req, duplex, head, (socket) => {
      const welcome = strangers.watch({ socket, req, duplex }, () => refuseMore(socket));
      serve({ socket, request: req, streams: new Set(), welcome }, options);
    });
  return {
    upgrade: { path: '/graphql', protocol: 'websocket', handle },
    drain: () => server.clients.forEach((socket) => closeSocket(socket, 1001, 'Going away')),
    stop: () => {
      clearInterval(beat);
      server.clients.forEach((socket) => socket.terminate());
      server.close();
    },
  };
};
