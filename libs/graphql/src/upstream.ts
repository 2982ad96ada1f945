/** Asks one service behind the gateway: signed requests over kept connections, no sharing between users, no transport detail to clients. */
import type { Actor } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import type { ExecutionRequest } from '@graphql-tools/utils';
import { GraphQLError, print, type DocumentNode, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import { Pool } from 'undici';
import type { GraphQLLog } from './apollo.ts';
import type { RequestContext } from './context.ts';

/** Headers that tell a service who asks; see `signRequest` of libs/service. `target` is method and path. */
export type Sign = (request: { target: string; body: Uint8Array; actor: Actor }) => Record<string, string>;

export type UpstreamOptions = { name: string; url: string; sign: Sign; log: GraphQLLog };

export type Upstream = {
  execute: (request: ExecutionRequest) => Promise<ExecutionResult>;
  close: () => Promise<void>;
};

type Answer = { data?: ExecutionResult['data']; errors?: readonly GraphQLFormattedError[] };

const timeoutMs = 30_000;

const printed = new WeakMap<DocumentNode, string>();
const printOnce = (document: DocumentNode): string => {
  const known = printed.get(document) ?? print(document);
  printed.set(document, known);
  return known;
};

/** Never carries the cause: it would travel to the client with hosts and ports. */
const failure = (code: 'UNAVAILABLE' | 'INTERNAL', message: string): ExecutionResult => ({
  errors: [new GraphQLError(message, { extensions: { code } })],
});

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && ('data' in value || Array.isArray((value as Answer).errors));

const asResult = ({ data, errors }: Answer): ExecutionResult => ({
  ...(data === undefined ? {} : { data }),
  ...(errors === undefined
    ? {}
    : { errors: errors.map(({ message, path, extensions }) => new GraphQLError(message, { path, extensions })) }),
});

export const createUpstream = ({ name, url, sign, log }: UpstreamOptions): Upstream => {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: 3000 } });

  const ask = async (request: ExecutionRequest, { actor, signal }: RequestContext): Promise<unknown> => {
    const body = Buffer.from(JSON.stringify({ query: printOnce(request.document), variables: request.variables }));
    const response = await pool.request({
      path: pathname,
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...sign({ target: `POST ${pathname}`, body, actor }),
      },
      body,
    });
    const answer: unknown = await response.body.json();
    if (response.statusCode === 503) throw new AppError('UNAVAILABLE', `${name} is not ready`);
    if (response.statusCode === 401) throw new AppError('BAD_CONFIGURATION', `${name} does not know our signature`);
    return answer;
  };

  const execute = async (request: ExecutionRequest): Promise<ExecutionResult> => {
    const context = request.context as RequestContext;
    try {
      const answer = await ask(request, context);
      if (isAnswer(answer)) return asResult(answer);
      log.error({ upstream: name, requestId: context.requestId }, `${name} sent no GraphQL answer`);
    } catch (error) {
      if (!context.signal.aborted)
        log.warn({ upstream: name, requestId: context.requestId, error }, `${name} is not available`);
    }
    return failure('UNAVAILABLE', `The service ${name} is not available; try again in a moment`);
  };
  return { execute, close: () => pool.destroy() };
};
