/** WebSocket at the public door: what comes over a socket, by the server of graphql-ws (graphql-transport-ws). */
import type { IncomingMessage } from 'node:http';
import type { Actor } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import { GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { CloseCode, MessageType, makeServer, type Context, type ServerOptions } from 'graphql-ws';
import type { Operation } from '../admit.ts';
import type { GraphQLLog } from '../apollo.ts';
import type { Authenticate, Credential } from '../authenticate.ts';
import type { BodyRoom, BodyRooms } from '../body-room.ts';
import type { Engine } from '../engine.ts';
import type { LiveLimits } from '../limits.ts';
import type { GraphQLObserver } from '../observer.ts';
import type { RefuseStranger } from '../stranger-limit.ts';
import type { Connections, Ending } from './connections.ts';
import { presentErrors } from './frame.ts';
import type { Frames } from './frames.ts';
import type { Operations } from './operations.ts';
import { watchMessages } from './whole-messages.ts';
import { closeSocket, createSockets, sendText, type Client, type Sockets, type SocketsOptions } from './sockets.ts';

export type WebSocketDoorOptions = {
  engine: Engine;
  authenticate: Authenticate;
  refuseStranger: RefuseStranger;
  bodyRooms: BodyRooms;
  operations: Operations;
  connections: Connections;
  isOwnOrigin: SocketsOptions['isOwnOrigin'];
  limits: LiveLimits;
  observer: GraphQLObserver;
  log: GraphQLLog;
};

/** A client that has said who it is. */
type Known = Client & { credential?: Credential; leave?: () => void; isRefused?: boolean };
type Socket = Context<{ authorization?: unknown }, Known>;
/** One operation on its way through graphql-ws. */
type Started = {
  socket: Socket;
  id: string;
  operation: Operation;
  actor: Actor;
  /** For its end: gives back what it had of the bounds. */
  leave(): void;
};

/** For a client to say who it is. */
const initMs = 5000;
/** Registered for "try again later" (IANA). */
const tryLater = 1013;

/** Browsers cannot set a header of a socket: they send the same text in the first message. */
const authorizationOf = ({ connectionParams, extra }: Socket): string | undefined => {
  const text = connectionParams?.authorization ?? extra.request.headers.authorization;
  return typeof text === 'string' ? text : undefined;
};

const end = (client: Client, why: Ending): void =>
  why === 'UNAVAILABLE'
    ? closeSocket(client.socket, 1001, 'Going away')
    : closeSocket(client.socket, CloseCode.Forbidden, 'Forbidden');

/** False has graphql-ws close the socket as forbidden; a closed one takes no acknowledgement. */
const refuseStranger = (client: Known, options: WebSocketDoorOptions): boolean => {
  client.isRefused = true;
  const { retryAfterSeconds: seconds } = options.refuseStranger(client.request);
  if (seconds === undefined) return false;
  closeSocket(
    client.socket,
    CloseCode.TooManyInitialisationRequests,
    `Too many without a valid key: wait ${seconds} s`,
  );
  return true;
};

/** Paused, since what comes yet would be kept too. */
const bindMessages = ({ socket, request }: Known, room: BodyRoom): void => {
  const tooMuch = (): void => {
    closeSocket(socket, tryLater, 'Too many messages of this key are on their way');
    socket.pause();
  };
  watchMessages(socket, request.socket, { room, tooMuch });
};

const connect = async (socket: Socket, options: WebSocketDoorOptions): Promise<boolean> => {
  const { authenticate, connections } = options;
  const client = socket.extra;
  const credential = await authenticate(authorizationOf(socket));
  if (credential === undefined) return refuseStranger(client, options);
  const leave = connections.open({ transport: 'WEBSOCKET', credential, end: (why) => end(client, why) });
  if (leave === undefined) closeSocket(client.socket, tryLater, 'Too many sockets of this key');
  else if (client.socket.readyState === client.socket.OPEN) {
    Object.assign(client, { credential, leave });
    client.welcome();
    bindMessages(client, options.bodyRooms.of(credential.actor.keyId));
  } else leave();
  return true;
};

const refusal = (code: string, message: string): [GraphQLError] => [
  new GraphQLError(message, { extensions: { code } }),
];

/** Each result repeats it. */
const maxIdLength = 200;

type Judged = ExecutionArgs | readonly GraphQLError[];

const judge = (socket: Socket, id: string, payload: unknown, options: WebSocketDoorOptions): Judged => {
  if (id.length > maxIdLength)
    return refusal('BAD_REQUEST', `The id of an operation has at most ${maxIdLength} characters`);
  const { credential, streams } = socket.extra;
  // This one has its place among `subscriptions` already. Streams that end may still be on their way out.
  const others = Math.max(streams.size, Object.keys(socket.subscriptions).length - 1);
  if (credential?.isValid() !== true) {
    end(socket.extra, 'UNAUTHENTICATED');
    return refusal('UNAUTHENTICATED', 'The key of this socket has expired or was revoked');
  }
  const leave =
    others < options.limits.operationsPerSocket && options.connections.operations.take(credential.actor.keyId);
  if (!leave) return refusal('TOO_MANY_STREAMS', 'This socket, or this key, has too many operations: end some of them');
  const actor = { ...credential.actor, requestId: newId() };
  const admitted = options.operations.admit(payload, actor);
  if (!admitted.ok) {
    leave();
    return admitted.errors;
  }
  const { operation } = admitted;
  const contextValue: Started = { socket, id, operation, actor, leave };
  const { document, operationName } = operation;
  return { schema: options.engine.schema, document, operationName, contextValue };
};

const done = { done: true, value: undefined } as const;

/** Hands each frame to the socket, and takes the next one when the socket has taken it. */
const write = async (frames: Frames, { socket, id }: Started, pushed: () => void): Promise<void> => {
  const start = `{"id":${JSON.stringify(id)},"type":`;
  for await (const { text, failure } of frames) {
    const isNext = failure === undefined;
    const rest = isNext ? `"next","payload":${text}}` : `"error","payload":${JSON.stringify(failure)}}`;
    await sendText(socket.extra.socket, start + rest);
    pushed();
    // An error is the last message of an operation: graphql-ws must not send `complete` after it.
    if (!isNext) delete (socket.subscriptions as Record<string, unknown>)[id];
  }
};

/** A stream for graphql-ws that writes by itself, the text that was made once for all who get it, and leaves only the end to be sent. */
const writing = (frames: Frames, started: Started, pushed: () => void): AsyncGenerator<ExecutionResult> => {
  const { streams } = started.socket.extra;
  const stop = async (): Promise<typeof done> => {
    frames.end();
    streams.delete(frames);
    started.leave();
    return done;
  };
  const next = (): Promise<typeof done> => write(frames, started, pushed).then(stop);
  streams.add(frames);
  const stream = { next, return: stop, throw: stop };
  return Object.assign(stream, {
    [Symbol.asyncIterator]: () => stream,
  }) as unknown as AsyncGenerator<ExecutionResult>;
};

/** By a header of its own, which browsers cannot send. */
const isKnown = async (request: IncomingMessage, options: WebSocketDoorOptions): Promise<boolean> => {
  const isValid = (await options.authenticate(request.headers.authorization)) !== undefined;
  if (!isValid) options.refuseStranger(request);
  return isValid;
};

/** Who never said who it is counts as a stranger too. */
const leave = (client: Known, options: WebSocketDoorOptions): void => {
  if (client.credential === undefined && client.isRefused !== true) options.refuseStranger(client.request);
  client.leave?.();
};

const protocolOf = (options: WebSocketDoorOptions): ServerOptions<{ authorization?: unknown }, Known> => {
  const { operations, observer, log } = options;
  const pushed = (): void => observer.pushed?.('WEBSOCKET');
  const start = ({ contextValue }: ExecutionArgs): AsyncGenerator<ExecutionResult> => {
    const started = contextValue as Started;
    return writing(operations.start(started.operation, started.actor), started, pushed);
  };
  return {
    connectionInitWaitTimeout: initMs,
    onConnect: (socket) => connect(socket, options),
    onSubscribe: (socket, id, payload) => judge(socket, id, payload, options),
    execute: start,
    subscribe: start,
    onError: (_socket, _id, { operationName }, errors) =>
      presentErrors(errors, { log, requestId: newId(), operationName: operationName ?? undefined }),
    onClose: ({ extra }) => leave(extra, options),
  };
};

/** What a ping may have sent back: more of it would let a client fill the memory with its own words. */
const maxEcho = 300;

const pong = (payload: unknown): string => {
  const isShort = JSON.stringify(payload ?? null).length <= maxEcho;
  return JSON.stringify({ type: MessageType.Pong, payload: isShort ? payload : undefined });
};

/** For a message that only servers send, graphql-ws throws: of the client's making, so it is no fault of ours to be logged. */
const closeUnexpected = (socket: Client['socket'], error: unknown): void => {
  if (!(error instanceof Error) || !error.message.startsWith('Unexpected message of type')) throw error;
  closeSocket(socket, CloseCode.BadRequest, 'Unexpected message');
};

/** A socket of another subprotocol is closed without a word. */
const unheard = async (_text: string): Promise<void> => {};

export const createWebSocketDoor = (options: WebSocketDoorOptions): Sockets => {
  const server = makeServer(protocolOf(options));
  const { isOwnOrigin, limits, log } = options;
  const opened: SocketsOptions['opened'] = (client) => {
    const { socket } = client;
    let message = unheard;
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) => sendText(socket, data),
        onPing: (payload) => sendText(socket, pong(payload)),
        close: (code, reason) => closeSocket(socket, code ?? 1000, reason ?? ''),
        onMessage: (listener) => {
          message = listener;
        },
      },
      client,
    );
    const hear = (text: string): Promise<void> => message(text).catch((error) => closeUnexpected(socket, error));
    return { message: hear, closed: (code, reason) => void closed(code, reason) };
  };
  return createSockets({ limits, isOwnOrigin, isKnown: (req) => isKnown(req, options), opened, log });
};
