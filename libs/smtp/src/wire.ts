/** The line between us and a server that is ready for MAIL: whole replies come in, commands and content go out. */
import type { Socket } from 'node:net';

export type Wire = {
  /** Several commands may leave in one write (RFC 2920). */
  readonly isPipelining: boolean;
  /** Opens the ear for replies; a reply that comes while nobody listens ends the connection. */
  listen(): void;
  rest(): void;
  /** False when the socket holds bytes back: wait for `drained`. Throws when the connection is over: nothing has left. */
  write(text: string): boolean;
  /** Resolves when what was held back has left, or a reply has come before. Rejects when the connection ends or `limitMs` has passed. */
  drained(limitMs: number): Promise<void>;
  /** The next reply, its lines joined by line feeds. Rejects when the connection ends or `limitMs` has passed. */
  reply(limitMs: number): Promise<string>;
  /** A reply has come that nobody has taken yet. */
  hasReply(): boolean;
  isUsable(): boolean;
  /** Ends the connection at once. */
  destroy(reason: string): void;
};

type Waiter = { what: 'REPLY' | 'DRAIN'; resolve(text: string): void; reject(error: Error): void };

type State = {
  readonly socket: Socket;
  /** Bytes behind the last whole reply. */
  partial: string;
  lines: string[];
  replies: string[];
  isListening: boolean;
  waiter: Waiter | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Why the connection is over. */
  end: Error | undefined;
};

/** No reply of a mail server is longer; one that is would fill our memory. */
const longestReply = 65_536;

const settle = (state: State, act: (waiter: Waiter) => void): void => {
  const { waiter } = state;
  clearTimeout(state.timer);
  state.waiter = undefined;
  if (waiter !== undefined) act(waiter);
};

const fail = (state: State, error: Error): void => {
  state.end ??= error;
  state.socket.destroy();
  settle(state, ({ reject }) => reject(error));
};

const wake = (state: State): void => {
  if (state.replies.length === 0 || state.waiter === undefined) return;
  settle(state, ({ what, resolve }) => resolve(what === 'REPLY' ? state.replies.shift()! : ''));
};

const takeLine = (state: State, line: string): void => {
  state.lines.push(line);
  if (/^\d{3}-/.test(line)) return;
  state.replies.push(state.lines.length === 1 ? line : state.lines.join('\n'));
  state.lines = [];
};

const receive = (state: State, chunk: string): void => {
  let text = state.partial + chunk;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n')) {
    takeLine(state, text.slice(0, text[at - 1] === '\r' ? at - 1 : at));
    text = text.slice(at + 1);
  }
  state.partial = text;
  if (text.length + state.lines.length * 128 > longestReply) return fail(state, new Error('a reply without an end'));
  if (!state.isListening && state.replies.length > 0)
    return fail(state, new Error(`the server said ${state.replies[0]!.slice(0, 100)}`));
  wake(state);
};

const wait = (state: State, what: Waiter['what'], limitMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    if (state.replies.length > 0) return resolve(what === 'REPLY' ? state.replies.shift()! : '');
    if (state.end !== undefined) return reject(state.end);
    state.waiter = { what, resolve, reject };
    state.timer = setTimeout(() => fail(state, new Error(`no reply within ${limitMs} ms`)), limitMs);
  });

const attach = (state: State): void => {
  const { socket } = state;
  socket.setTimeout(0);
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => receive(state, chunk));
  socket.on('drain', () => {
    if (state.waiter?.what === 'DRAIN') settle(state, ({ resolve }) => resolve(''));
  });
  socket.on('error', (error: NodeJS.ErrnoException) => fail(state, new Error(error.code ?? error.message)));
  socket.on('end', () => fail(state, new Error('the connection was closed')));
  socket.on('close', () => fail(state, new Error('the connection was closed')));
};

/** Takes a socket that nobody else listens to. */
export const createWire = (socket: Socket, isPipelining: boolean): Wire => {
  const state: State = {
    socket,
    partial: '',
    lines: [],
    replies: [],
    isListening: false,
    waiter: undefined,
    timer: undefined,
    end: socket.destroyed ? new Error('the connection was closed') : undefined,
  };
  attach(state);
  return {
    isPipelining,
    listen: () => {
      state.isListening = true;
    },
    rest: () => {
      state.isListening = false;
    },
    // Latin-1: one byte a character, which is what the compiler makes.
    write: (text) => {
      if (state.end !== undefined) throw state.end;
      return socket.write(text, 'latin1');
    },
    drained: async (limitMs) => void (await wait(state, 'DRAIN', limitMs)),
    reply: (limitMs) => wait(state, 'REPLY', limitMs),
    hasReply: () => state.replies.length > 0,
    isUsable: () => state.end === undefined && !socket.destroyed,
    destroy: (reason) => fail(state, new Error(reason)),
  };
};
