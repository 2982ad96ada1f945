/** One connection to the sink: reads commands and mail content from the socket, and applies faults where they are due. */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { createBody, feedBody, type Body } from './body.ts';
import type { Behaviour, Fault, SinkStage } from './faults.ts';

/** What every session of one sink shares. */
export type SinkContext = {
  readonly name: string;
  readonly tls: 'NONE' | 'STARTTLS' | 'IMPLICIT';
  readonly secureContext: SecureContext | null;
  auth: { username: string; password: string } | null;
  readonly pipelining: boolean;
  readonly delayMs: number;
  readonly keepData: boolean;
  behave: Behaviour | undefined;
  /** MAIL commands so far. */
  count: number;
  onCommand(session: Session, line: string): void;
  /** Keeps the mail; a promise holds the reply back until it resolves. */
  record(session: Session, body: Body, isAnswered: boolean): Promise<void> | void;
  /** A fault ends the mail in the middle of its content. */
  cut(session: Session, body: Body): void;
};

export type Session = {
  readonly context: SinkContext;
  readonly connection: number;
  socket: Socket;
  input: Buffer;
  output: string;
  body: Body | null;
  /** Fault that strikes while the content comes in. */
  contentFault: Fault | undefined;
  /** Takes the next line instead of the command table, as AUTH LOGIN needs. */
  nextLine: ((line: string) => void) | null;
  secure: boolean;
  greeted: boolean;
  authenticated: boolean;
  from: string | null;
  to: string[];
  /** Nothing is read from the input while it is true. */
  waiting: boolean;
  ended: boolean;
  /** The next bytes of the peer end the connection: a handshake that is cut. */
  cutNext: boolean;
};

const lineLimit = 16_384;
const inputLimit = 1_048_576;
const empty = Buffer.alloc(0);

export const openSession = (context: SinkContext, socket: Socket, connection: number): Session => {
  const session: Session = {
    context,
    connection,
    socket,
    input: empty,
    output: '',
    body: null,
    contentFault: undefined,
    nextLine: null,
    secure: false,
    greeted: false,
    authenticated: false,
    from: null,
    to: [],
    waiting: false,
    ended: false,
    cutNext: false,
  };
  listen(session);
  return session;
};

const listen = (session: Session): void => {
  session.socket.on('data', (chunk: Buffer) => receive(session, chunk));
  session.socket.on('error', () => session.socket.destroy());
  session.socket.on('close', () => {
    session.ended = true;
  });
};

/** Continues the connection under TLS; what came in clear before the handshake is thrown away (RFC 3207). */
export const secureSession = (session: Session, then: () => void): void => {
  flush(session);
  const plain = session.socket;
  plain.removeAllListeners('data');
  session.input = empty;
  const { secureContext } = session.context;
  if (secureContext === null) throw new Error('a sink without a certificate cannot speak TLS');
  session.socket = new TLSSocket(plain, { isServer: true, secureContext });
  session.secure = true;
  session.greeted = false;
  listen(session);
  session.socket.once('secure', then);
};

const receive = (session: Session, chunk: Buffer): void => {
  if (session.cutNext) return end(session, 'RESET');
  session.input = session.input.length === 0 ? chunk : Buffer.concat([session.input, chunk]);
  if (session.input.length > inputLimit && session.waiting) session.socket.pause();
  pump(session);
};

/** Handles everything that is complete in the input, then sends the replies in one write. */
export const pump = (session: Session): void => {
  while (!session.waiting && !session.ended) {
    const moved = session.body === null ? readLine(session) : readContent(session, session.body);
    if (!moved) break;
  }
  flush(session);
};

const readLine = (session: Session): boolean => {
  const at = session.input.indexOf(10);
  if (at === -1) {
    if (session.input.length > lineLimit) end(session, 'CLOSE');
    return false;
  }
  const stop = at > 0 && session.input[at - 1] === 13 ? at - 1 : at;
  const line = session.input.toString('latin1', 0, stop);
  session.input = session.input.subarray(at + 1);
  if (session.nextLine === null) session.context.onCommand(session, line);
  else session.nextLine(line);
  return true;
};

const readContent = (session: Session, body: Body): boolean => {
  if (session.input.length === 0) return false;
  const fed = feedBody(body, session.input);
  session.input = fed.rest;
  const fault = session.contentFault;
  if (fault !== undefined && body.size >= ('afterBytes' in fault ? (fault.afterBytes ?? 1) : 1)) {
    session.contentFault = undefined;
    if (fault.do === 'CLOSE' || fault.do === 'RESET') session.context.cut(session, body);
    applyFault(session, fault, () => undefined);
  }
  if (!fed.done || session.ended) return false;
  finishBody(session, body);
  return true;
};

export const startBody = (session: Session): void => {
  session.body = createBody(session.context.keepData);
  session.contentFault = faultAt(session, 'CONTENT');
  reply(session, 354, 'End data with <CR><LF>.<CR><LF>');
};

const finishBody = (session: Session, body: Body): void => {
  session.body = null;
  const fault = faultAt(session, 'END_OF_DATA');
  const forget = (): void => {
    session.from = null;
    session.to = [];
  };
  if (fault !== undefined && fault.do !== 'SLOW' && !fault.do.endsWith('AFTER_DOT')) {
    forget();
    return applyFault(session, fault, () => undefined);
  }
  const kept = session.context.record(session, body, fault === undefined || fault.do === 'SLOW');
  forget();
  const answer = (): void => applyFault(session, fault, () => reply(session, 250, '2.0.0 Ok: queued'));
  const { delayMs } = session.context;
  if (kept === undefined && delayMs === 0) return answer();
  session.waiting = true;
  const resume = (): void => continueAfter(session, delayMs, answer);
  if (kept === undefined) resume();
  else kept.then(resume, () => end(session, 'CLOSE'));
};

const continueAfter = (session: Session, delayMs: number, next: () => void): void => {
  const go = (): void => {
    session.waiting = false;
    if (session.ended) return;
    next();
    session.socket.resume();
    pump(session);
  };
  if (delayMs === 0) go();
  else setTimeout(go, delayMs).unref();
};

export const faultAt = (session: Session, stage: SinkStage, to = session.to[0] ?? ''): Fault | undefined => {
  const { behave, count } = session.context;
  if (behave === undefined) return undefined;
  const fault = behave({ stage, from: session.from ?? '', to, connection: session.connection, count });
  return fault?.at === stage ? fault : undefined;
};

/** Asks for the fault of this stage; without one, `proceed` runs at once. */
export const atStage = (session: Session, stage: SinkStage, proceed: () => void): void =>
  applyFault(session, faultAt(session, stage), proceed);

export const applyFault = (session: Session, fault: Fault | undefined, proceed: () => void): void => {
  if (fault === undefined) return proceed();
  switch (fault.do) {
    case 'REPLY':
      reply(session, fault.code, fault.text);
      if (fault.code === 421 || fault.at === 'GREETING') end(session, 'CLOSE');
      return;
    case 'CLOSE':
    case 'CLOSE_AFTER_DOT':
      return end(session, 'CLOSE');
    case 'RESET':
    case 'RESET_AFTER_DOT':
      return end(session, 'RESET');
    case 'HANG':
    case 'HANG_AFTER_DOT':
      session.waiting = true;
      return;
    case 'SLOW':
      session.waiting = true;
      return continueAfter(session, fault.delayMs, proceed);
  }
};

/** Adds a reply; it leaves with the others when the input is worked off. */
export const reply = (session: Session, code: number, text: string): void => {
  session.output += `${code} ${text}\r\n`;
};

const flush = (session: Session): void => {
  if (session.output === '') return;
  const { output } = session;
  session.output = '';
  if (session.socket.writable) session.socket.write(output, 'latin1');
};

export const end = (session: Session, how: 'CLOSE' | 'RESET'): void => {
  flush(session);
  session.ended = true;
  if (how === 'CLOSE') session.socket.destroySoon();
  // A TLS socket over a plain one has no reset of its own; destroying it is as abrupt as it gets.
  else if (session.socket instanceof TLSSocket) session.socket.destroy();
  else session.socket.resetAndDestroy();
};
