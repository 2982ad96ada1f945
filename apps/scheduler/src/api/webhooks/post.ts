/**
 * One POST and its answer. The other side is a stranger: it gets no second address by a redirect, no more than 15 seconds, and no
 * more than 64 kB of its answer is read.
 */
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { messageOf } from '@sendpool/kernel';
import { notPublic } from '../../domain/webhook-url.ts';
import type { Attempt } from '../../domain/webhook-plan.ts';
import type { Reach } from './public-lookup.ts';

type PostRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal | undefined;
};

export type Post = {
  /** Never rejects: what went wrong is in `text`, and `status` is null then. */
  send(request: PostRequest): Promise<Attempt>;
  close(): void;
};

export type PostOptions = {
  readonly reach: Reach;
  /** PEM; this authority alone is trusted. For specs. */
  readonly ca?: string;
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 15_000;
const readBytes = 64 * 1024;
const keptCharacters = 200;
/** Shorter than most receivers keep an unused connection: they do not close it under a new request. */
const idleMs = 4000;

/** Text that a row and a log line can hold. */
const plainText = (text: string): string =>
  text
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim()
    .slice(0, keptCharacters)
    .toWellFormed();

const failed = (text: string): Attempt => ({ status: null, text: plainText(text), retryAfterMs: null });

/** Retry-After: seconds, or a date (RFC 9110, section 10.2.3); null for everything else. */
export const retryAfterOf = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null;
};

/** The rest of a long answer is left unread, and its connection closed. */
const beginningOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= readBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, readBytes).toString('utf8');
};

const attemptOf = async (answer: IncomingMessage): Promise<Attempt> => {
  const retryAfterMs = retryAfterOf(answer.headers['retry-after'], Date.now());
  // A status that has come is an answer, whatever becomes of its body.
  const text = await beginningOf(answer).catch(() => '');
  return { status: answer.statusCode ?? null, text: plainText(text), retryAfterMs };
};

type Agents = { readonly http: PlainAgent; readonly https: TlsAgent };

const exchange = (
  url: URL,
  request: PostRequest,
  signal: AbortSignal,
  { agents, reach }: { agents: Agents; reach: Reach },
) =>
  new Promise<Attempt>((resolve, reject) => {
    const [ask, agent] = url.protocol === 'https:' ? [tlsRequest, agents.https] : [plainRequest, agents.http];
    const body = Buffer.from(request.body);
    const headers = { ...request.headers, 'content-length': body.length };
    ask(url, { method: 'POST', agent, headers, lookup: reach.lookup, signal })
      .once('error', reject)
      .once('response', (answer) => void attemptOf(answer).then(resolve, reject))
      .end(body);
  });

const reasonOf = (error: unknown, timer: AbortSignal): string =>
  timer.aborted ? 'no answer in time' : messageOf(error instanceof AggregateError ? error.errors[0] : error);

export const createPost = ({ reach, ca, timeoutMs = defaultTimeoutMs }: PostOptions): Post => {
  const kept = { keepAlive: true, timeout: idleMs, maxFreeSockets: 4 };
  const tls = { ...kept, minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca: [ca] }) };
  const agents: Agents = { http: new PlainAgent(kept), https: new TlsAgent(tls) };
  return {
    send: async (request) => {
      const url = new URL(request.url);
      if (!reach.mayConnect(url)) return failed(notPublic);
      const timer = AbortSignal.timeout(timeoutMs);
      const signal = request.signal === undefined ? timer : AbortSignal.any([timer, request.signal]);
      return exchange(url, request, signal, { agents, reach }).catch((error: unknown) =>
        failed(reasonOf(error, timer)),
      );
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
};
