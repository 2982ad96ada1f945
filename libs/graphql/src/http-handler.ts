/** POST /graphql over Node's HTTP: reads the body, asks who comes, hands the request to Apollo, and writes its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import type { Actor } from '@sendpool/contracts';
import type { BodyRoom } from './body-room.ts';
import { createContext, type RequestContext } from './context.ts';
import { parseJson, problems, readRaw, refuse, refuseWith, type GraphQLRoute } from './http-request.ts';
import type { Intake } from './intake.ts';
import { refuseAnyStranger, type RefuseStranger } from './stranger-limit.ts';

type Identity = {
  actorOf(rawBody: Uint8Array): Actor | undefined;
  /** Where its body may wait until it is whole. Default: anywhere. */
  room?: BodyRoom;
};

export type HandlerOptions = {
  server: ApolloServer<RequestContext>;
  /** Who comes: asked before the body is read, which of a stranger is not worth it, and with it. Undefined is answered 401. */
  identify: (req: IncomingMessage) => Promise<Identity | undefined>;
  /** How a stranger is refused. Default: 401. */
  refuseStranger?: RefuseStranger;
  /** Asked before the document is read: see `Intake`. */
  intake?: Intake | undefined;
  /** Further headers of each answer. */
  headersOf?: ((actor: Actor) => Record<string, string>) | undefined;
  maxBodyBytes: number;
  /** Whether to look for the trace that a request belongs to. */
  isTraced: boolean;
};

const headersOf = (req: IncomingMessage): HeaderMap => {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  return headers;
};

const setHeaders = (res: ServerResponse, headers: Record<string, string> = {}): void => {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
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
  if (res.destroyed) return;
  setHeaders(res, options.headersOf?.(actor));
  answer(res, response, actor.requestId);
};

export const createHandler =
  (options: HandlerOptions): GraphQLRoute['handle'] =>
  async (req, res) => {
    const identity = await options.identify(req);
    if (identity === undefined) return refuse(res, (options.refuseStranger ?? refuseAnyStranger)(req));
    const raw = await readRaw(req, res, { maxBytes: options.maxBodyBytes, room: identity.room });
    if (raw === undefined) return;
    const actor = identity.actorOf(raw);
    if (actor === undefined) return refuse(res, problems.unauthenticated);
    const parsed = parseJson(req, res, raw);
    if (parsed === undefined) return;
    const taken = options.intake?.(parsed.body, actor) ?? { ok: true, body: parsed.body };
    if (taken.ok) return execute(options, { req, res, body: taken.body, actor });
    setHeaders(res, options.headersOf?.(actor));
    refuseWith(res, taken.error);
  };
