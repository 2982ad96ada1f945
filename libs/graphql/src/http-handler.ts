/** POST /graphql over Node's HTTP: reads the body, asks who comes, hands the request to Apollo, and writes its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import type { Actor } from '@sendpool/contracts';
import { createContext, type RequestContext } from './context.ts';
import { readBody } from './read-body.ts';

/** Same shape as a route of libs/service. */
export type GraphQLRoute = {
  method: 'POST';
  path: string;
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
};

export type HandlerOptions = {
  server: ApolloServer<RequestContext>;
  /** Who comes; undefined is answered 401. */
  actorOf: (req: IncomingMessage, rawBody: Uint8Array) => Actor | undefined;
  /** Asked before the body is read where the headers alone can tell: a stranger's body is not worth reading. */
  isKnown?: (req: IncomingMessage) => boolean;
  maxBodyBytes: number;
  /** Whether to look for the trace that a request belongs to. */
  isTraced: boolean;
};

type Problem = { status: number; code: string; message: string };

const unauthenticated: Problem = {
  status: 401,
  code: 'UNAUTHENTICATED',
  message: 'A valid API key is needed: send `Authorization: Bearer <key>`',
};
const tooLarge: Problem = { status: 413, code: 'BAD_REQUEST', message: 'The request body is too large' };
const tooSlow: Problem = { status: 408, code: 'BAD_REQUEST', message: 'The request body did not arrive in time' };
const notOffered: Problem = {
  status: 415,
  code: 'BAD_REQUEST',
  message: 'Send the operation as `Content-Type: application/json`',
};
const notJson: Problem = { status: 400, code: 'BAD_REQUEST', message: 'The request body is not JSON' };

const refuse = (res: ServerResponse, { status, code, message }: Problem): void => {
  if (status === 401) res.setHeader('www-authenticate', 'Bearer');
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
};

const headersOf = (req: IncomingMessage): HeaderMap => {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  return headers;
};

/** Nothing that a browser sends across origins without asking first (CSRF). */
const isJson = (req: IncomingMessage): boolean => /^application\/json\b/i.test(req.headers['content-type'] ?? '');

const parseBody = (raw: Buffer): { body: unknown } | undefined => {
  try {
    return { body: JSON.parse(raw.toString('utf8')) };
  } catch {
    return undefined;
  }
};

const answer = (res: ServerResponse, response: HTTPGraphQLResponse, requestId: string): void => {
  if (response.body.kind !== 'complete') throw new Error('incremental delivery is not supported');
  for (const [name, value] of response.headers) res.setHeader(name, value);
  res.setHeader('cache-control', 'no-store');
  res.setHeader('x-request-id', requestId);
  res.statusCode = response.status ?? 200;
  res.end(response.body.string);
};

/** Aborted when the connection closes before the answer has been written. */
const clientSignal = (res: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
};

const traceOf = ({ headers }: IncomingMessage, { isTraced }: HandlerOptions): string | undefined =>
  isTraced && typeof headers['traceparent'] === 'string' ? headers['traceparent'] : undefined;

const execute = async (
  options: HandlerOptions,
  exchange: { req: IncomingMessage; res: ServerResponse; body: unknown; actor: Actor },
): Promise<void> => {
  const { req, res, body, actor } = exchange;
  const response = await options.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersOf(req), search: '', body },
    context: () => Promise.resolve(createContext(actor, clientSignal(res), traceOf(req, options))),
  });
  if (!res.destroyed) answer(res, response, actor.requestId);
};

export const createHandler =
  (options: HandlerOptions): GraphQLRoute['handle'] =>
  async (req, res) => {
    if (options.isKnown?.(req) === false) return refuse(res, unauthenticated);
    const read = await readBody(req, options.maxBodyBytes);
    if (!read.ok) return res.destroyed ? undefined : refuse(res, read.reason === 'TOO_LARGE' ? tooLarge : tooSlow);
    const actor = options.actorOf(req, read.body);
    if (actor === undefined) return refuse(res, unauthenticated);
    if (!isJson(req)) return refuse(res, notOffered);
    const parsed = parseBody(read.body);
    if (parsed === undefined) return refuse(res, notJson);
    await execute(options, { req, res, body: parsed.body, actor });
  };
