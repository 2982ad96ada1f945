/** Asks one service behind the gateway, by any of its replicas: signed requests over kept connections, no sharing between users, no transport detail to clients. */
import type { Actor } from '@sendpool/contracts';
import { AppError } from '@sendpool/kernel';
import type { ExecutionRequest } from '@graphql-tools/utils';
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  print,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import type { Pool } from 'undici';
import type { GraphQLLog } from './apollo.ts';
import type { RequestContext } from './context.ts';
import { secondsSince, type Asked, type GraphQLObserver } from './observer.ts';
import type { GraphQLTraces } from './traces.ts';
import { createReplicas, isUnreached } from './replicas.ts';

/** Headers that tell a service who asks; see `signRequest` of libs/service. `target` is method and path. */
export type Sign = (request: { target: string; body: Uint8Array; actor: Actor }) => Record<string, string>;

export type UpstreamOptions = {
  name: string;
  /** One for each replica; they differ in nothing but host and port. */
  urls: readonly string[];
  sign: Sign;
  log: GraphQLLog;
  observer?: GraphQLObserver | undefined;
  traces?: GraphQLTraces | undefined;
};

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

/** A replica that starts or stops refuses before it looks at the request. */
class NotReady extends AppError {
  constructor(name: string) {
    super('UNAVAILABLE', `${name} is not ready`, { retriable: true });
  }
}

/** Another replica may be asked: a mutation only when the first one cannot have seen it. */
const mayRepeat = ({ document }: ExecutionRequest, error: unknown): boolean =>
  isUnreached(error) || error instanceof NotReady || getOperationAST(document)?.operation === OperationTypeNode.QUERY;

export const createUpstream = ({ name, urls, sign, log, observer, traces }: UpstreamOptions): Upstream => {
  const { pathname } = new URL(urls[0]!);
  const origins = urls.map((url) => new URL(url).origin);
  const replicas = createReplicas(origins, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs });

  const ask = async (replica: Pool, request: ExecutionRequest, context: RequestContext): Promise<unknown> => {
    const { actor, signal, trace } = context;
    const body = Buffer.from(JSON.stringify({ query: printOnce(request.document), variables: request.variables }));
    const response = await replica.request({
      path: pathname,
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...sign({ target: `POST ${pathname}`, body, actor }),
        ...(trace === undefined ? {} : { traceparent: trace }),
      },
      body,
    });
    const answer: unknown = await response.body.json();
    if (response.statusCode === 503) throw new NotReady(name);
    if (response.statusCode === 401) throw new AppError('BAD_CONFIGURATION', `${name} does not know our signature`);
    return answer;
  };

  const askObserved = async (replica: Pool, request: ExecutionRequest, context: RequestContext): Promise<unknown> => {
    const began = performance.now();
    const span = context.trace === undefined ? undefined : traces?.question(name, context.trace);
    const told = (result: Asked['result']): void => {
      observer?.asked?.({ upstream: name, result, seconds: secondsSince(began) });
      span?.end({}, result === 'FAILED');
    };
    const answer = await ask(replica, request, { ...context, trace: span?.traceparent }).catch((error: unknown) => {
      told('FAILED');
      throw error;
    });
    told('ANSWERED');
    return answer;
  };

  /** The first answer. Undefined when there is none, or none that may be waited for. */
  const askInTurn = async (request: ExecutionRequest, context: RequestContext): Promise<unknown> => {
    for (const replica of replicas.inOrder()) {
      try {
        return await askObserved(replica, request, context);
      } catch (error) {
        if (context.signal.aborted) return undefined;
        replicas.failed(replica);
        log.warn({ upstream: name, requestId: context.requestId, error }, `${name} is not available`);
        if (!mayRepeat(request, error)) return undefined;
      }
    }
    return undefined;
  };

  const execute = async (request: ExecutionRequest): Promise<ExecutionResult> => {
    const context = request.context as RequestContext;
    const answer = await askInTurn(request, context);
    if (isAnswer(answer)) return asResult(answer);
    if (answer !== undefined)
      log.error({ upstream: name, requestId: context.requestId }, `${name} sent no GraphQL answer`);
    return failure('UNAVAILABLE', `The service ${name} is not available; try again in a moment`);
  };
  return { execute, close: () => replicas.close() };
};
