/**
 * One HTTP request and its answer. It says how far it came, because only that tells "never left" from "may have arrived": not one byte
 * is written before the connection is there and secured, and an answer counts only when all of it has come.
 */
import { request as plainRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** What the SDK has built and signed. */
export type SignedRequest = {
  protocol: string;
  hostname: string;
  port?: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
};

export type Answer = { statusCode: number; headers: Record<string, string>; body: Uint8Array };

/** Milliseconds. */
export type SesTimeouts = {
  /** Name lookup, TCP and the TLS handshake. */
  connect: number;
  /** From the first byte of the request to the last of the answer; giving up earlier makes more UNKNOWN outcomes. */
  answer: number;
};

export const defaultTimeouts: SesTimeouts = { connect: 5_000, answer: 60_000 };

export type Exchange = {
  /** AUTH: the request is not signed yet. END_OF_DATA: from its first byte on. */
  stage: 'AUTH' | 'CONNECT' | 'TLS' | 'END_OF_DATA';
  answer: Answer | undefined;
  /** What the request said of its sender and nobody else may hear; the other side may say it back. */
  secrets: readonly string[];
  readonly timeouts: SesTimeouts;
  readonly agent: Agent;
  /** Aborted: the exchange ends where it stands, or never begins. */
  readonly signal: AbortSignal;
};

/** One of AWS has 16 characters and more. Masked, a short text that was given for one would take the words of an answer apart. */
const leastKeyId = 8;
export const isKeyId = (text: string): boolean => text.length >= leastKeyId;

const secretHeaders = new Set(['authorization', 'x-amz-security-token']);

/** The header that signs a request, its key id and signature by themselves, and the token of a session. */
const secretsOf = ({ headers }: SignedRequest): string[] => {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    secretHeaders.has(name.toLowerCase()) ? value : [],
  );
  const parts = values.flatMap((value) => [...value.matchAll(/\b(?:Credential|Signature)=([^\s,/]+)/g)]);
  return [...values, ...parts.map(([, part = '']) => part).filter(isKeyId)];
};

/** No answer of the API is longer; one that is would fill our memory. */
const longestAnswer = 1_048_576;

const messageOfSocket = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

/** Calls back once the socket is connected and, with TLS, its certificate is verified. */
const whenReady = (outgoing: ClientRequest, exchange: Exchange, onReady: () => void): void => {
  outgoing.once('socket', (socket: Socket) => {
    if (outgoing.reusedSocket || socket.destroyed) return onReady();
    if (outgoing.protocol !== 'https:') return void socket.once('connect', onReady);
    socket.once('connect', () => {
      exchange.stage = 'TLS';
    });
    socket.once('secureConnect', onReady);
  });
};

const headersOf = (incoming: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));

const collect = async (incoming: IncomingMessage): Promise<Answer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestAnswer) throw new Error('an answer without an end');
    chunks.push(chunk);
  }
  if (!incoming.complete) throw new Error('the answer broke off');
  return { statusCode: incoming.statusCode!, headers: headersOf(incoming), body: Buffer.concat(chunks) };
};

const begin = (signed: SignedRequest, { agent, signal }: Exchange): ClientRequest => {
  const { protocol, hostname, port, method, path, headers } = signed;
  const request = protocol === 'https:' ? tlsRequest : plainRequest;
  return request({ protocol, hostname, port, method, path, headers, agent, signal });
};

/** Resolves with the first part of the answer. Rejects when there is none. */
const converse = (outgoing: ClientRequest, signed: SignedRequest, exchange: Exchange): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.on('error', (error) => reject(new Error(messageOfSocket(error))));
    outgoing.once('response', resolve);
    whenReady(outgoing, exchange, () => {
      exchange.stage = 'END_OF_DATA';
      outgoing.end(signed.body);
    });
  });

/** Ends the request when it takes too long: to connect, and then to be answered. */
const watch = (outgoing: ClientRequest, exchange: Exchange): (() => void) => {
  const { connect, answer } = exchange.timeouts;
  const giveUp = (what: string, limitMs: number) => outgoing.destroy(new Error(`no ${what} within ${limitMs} ms`));
  const connecting = setTimeout(() => {
    if (exchange.stage !== 'END_OF_DATA') giveUp('connection', connect);
  }, connect);
  let answering: NodeJS.Timeout | undefined;
  whenReady(outgoing, exchange, () => {
    answering = setTimeout(() => giveUp('answer', answer), answer);
  });
  return () => {
    clearTimeout(connecting);
    clearTimeout(answering);
  };
};

/** The whole answer, whatever its status; it is kept in the exchange as well. Rejects when there was none, or only a part. */
export const exchangeOnce = async (signed: SignedRequest, exchange: Exchange): Promise<Answer> => {
  exchange.signal.throwIfAborted();
  exchange.stage = 'CONNECT';
  exchange.secrets = secretsOf(signed);
  const outgoing = begin(signed, exchange);
  const unwatch = watch(outgoing, exchange);
  try {
    exchange.answer = await collect(await converse(outgoing, signed, exchange));
    return exchange.answer;
  } finally {
    unwatch();
    // An answer that came before the whole request had left: the rest of it must not go before the next request.
    if (!outgoing.writableFinished) outgoing.destroy();
  }
};
