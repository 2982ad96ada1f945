/** What the GraphQL doors on HTTP have in common: how a body is read, and how a request is refused before any GraphQL. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { formatError } from './errors.ts';
import type { BodyRoom } from './body-room.ts';
import { readBody } from './read-body.ts';

/** Same shape as a route of libs/service. */
export type GraphQLRoute = {
  method: 'POST';
  path: string;
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
};

/** `retryAfterSeconds`: when it is worth another try. */
export type Problem = { status: number; code: string; message: string; retryAfterSeconds?: number };

export const problems = {
  unauthenticated: {
    status: 401,
    code: 'UNAUTHENTICATED',
    message: 'A valid API key or token is needed: send `Authorization: Bearer <key or token>`',
  },
  tooLarge: { status: 413, code: 'BAD_REQUEST', message: 'The request body is too large' },
  tooSlow: { status: 408, code: 'BAD_REQUEST', message: 'The request body did not arrive in time' },
  noRoom: {
    status: 429,
    code: 'RATE_LIMITED',
    message: 'Too many request bodies are on their way at once: send fewer at a time, each without a pause',
    retryAfterSeconds: 5,
  },
  notOffered: {
    status: 415,
    code: 'BAD_REQUEST',
    message: 'Send the operation as `Content-Type: application/json`',
  },
  notJson: { status: 400, code: 'BAD_REQUEST', message: 'The request body is not JSON' },
  noStream: {
    status: 406,
    code: 'BAD_REQUEST',
    message: 'Only streams are sent from here: send `Accept: text/event-stream`',
  },
  tooMany: { status: 429, code: 'TOO_MANY_STREAMS', message: 'This key has too many open streams: end some of them' },
} as const satisfies Record<string, Problem>;

const writeJson = (res: ServerResponse, status: number, body: unknown): void => {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
};

const writeProblem = (res: ServerResponse, { status, retryAfterSeconds }: Problem, body: unknown): void => {
  // An answer that has begun cannot be taken back: the connection is cut, so that the client sees it as broken.
  if (res.headersSent || res.destroyed) return void res.destroy();
  if (status === 401) res.setHeader('www-authenticate', 'Bearer');
  if (retryAfterSeconds !== undefined) res.setHeader('retry-after', retryAfterSeconds);
  writeJson(res, status, body);
};

const extensionsOf = ({ code, retryAfterSeconds }: Problem) =>
  retryAfterSeconds === undefined ? { code } : { code, retryAfterSeconds };

/** In the words of GraphQL. */
export const refuse = (res: ServerResponse, problem: Problem): void =>
  writeProblem(res, problem, { errors: [{ message: problem.message, extensions: extensionsOf(problem) }] });

/** In the words of the paths that are not GraphQL. */
export const refusePlainly = (res: ServerResponse, problem: Problem): void =>
  writeProblem(res, problem, { error: { code: problem.code, message: problem.message } });

/** For where refusals are errors of GraphQL. */
export const errorOf = (problem: Problem): GraphQLError => {
  const { status, message, retryAfterSeconds } = problem;
  const headers = new Map(retryAfterSeconds === undefined ? [] : [['retry-after', String(retryAfterSeconds)]]);
  return new GraphQLError(message, { extensions: { ...extensionsOf(problem), http: { status, headers } } });
};

/** A refusal with the status and the headers that its error asks for in `extensions.http`, as errors of Apollo do. */
export const refuseWith = (res: ServerResponse, error: GraphQLError): void => {
  const { status = 400, headers = [] } = (error.extensions['http'] ?? {}) as {
    status?: number;
    headers?: Iterable<[string, string]>;
  };
  if (res.destroyed) return;
  for (const [name, value] of headers) res.setHeader(name, value);
  writeJson(res, status, { errors: [formatError(error.toJSON(), error)] });
};

/** Nothing that a browser sends across origins without asking first (CSRF). */
const isJson = (req: IncomingMessage): boolean => /^application\/json\b/i.test(req.headers['content-type'] ?? '');

const bodyProblems = {
  TOO_LARGE: problems.tooLarge,
  NOT_COMPLETE: problems.tooSlow,
  NO_ROOM: problems.noRoom,
} as const;

/** The body as it came, undefined when it has been refused. */
export const readRaw = async (
  req: IncomingMessage,
  res: ServerResponse,
  bounds: { maxBytes: number; room?: BodyRoom | undefined },
): Promise<Buffer | undefined> => {
  const read = await readBody(req, bounds.maxBytes, bounds.room);
  if (read.ok) return read.body;
  refuse(res, bodyProblems[read.reason]);
  return undefined;
};

/** What a body says, undefined when it has been refused. */
export const parseJson = (req: IncomingMessage, res: ServerResponse, raw: Buffer): { body: unknown } | undefined => {
  try {
    if (isJson(req)) return { body: JSON.parse(raw.toString('utf8')) };
    refuse(res, problems.notOffered);
  } catch {
    refuse(res, problems.notJson);
  }
  return undefined;
};

const answerTypes = /^(text\/event-stream|application\/(graphql-response\+)?json|\*\/\*)$/;

/** Whether a client would rather have events than one answer: what it names first. Some name both, for whatever comes. */
export const wantsEvents = (req: IncomingMessage): boolean =>
  (req.headers.accept ?? '')
    .toLowerCase()
    .split(',')
    .map((type) => type.split(';', 1)[0]!.trim())
    .find((type) => answerTypes.test(type)) === 'text/event-stream';
