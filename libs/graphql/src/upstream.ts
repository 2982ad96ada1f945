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
import type { Dispatcher, Pool } from 'undici';
import type { GraphQLLog } from './apollo.ts';
import type { RequestContext } from './context.ts';
import { secondsSince, type Asked, type GraphQLObserver } from './observer.ts';
import type { GraphQLTraces } from './traces.ts';
import { readEvents } from './live/read-events.ts';
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
  /** Ends when the signal of its context is aborted. A stream that fails on its way throws a GraphQLError. */
  subscribe: (request: ExecutionRequest) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
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
const unavailable = (name: string): GraphQLError =>
  new GraphQLError(`The service ${name} is not available; try again in a moment`, {
    extensions: { code: 'UNAVAILABLE' },
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

/** The error, once the rest of the answer is let go and its connection is free again. */
const leave = async (response: Dispatcher.ResponseData, error: AppError): Promise<AppError> => {
  await response.body.dump();
  return error;
};

/** Another replica may be asked: a mutation only when the first one cannot have seen it. */
const mayRepeat = ({ document }: ExecutionRequest, error: unknown): boolean =>
  isUnreached(error) ||
  error instanceof NotReady ||
  getOperationAST(document)?.operation !== OperationTypeNode.MUTATION;

/** How a request is put to one replica. */
type Ask<Answered> = (replica: Pool, request: ExecutionRequest, context: RequestContext) => Promise<Answered>;

export const createUpstream = ({ name, urls, sign, log, observer, traces }: UpstreamOptions): Upstream => {
  const { pathname } = new URL(urls[0]!);
  const origins = urls.map((url) => new URL(url).origin);
  const replicas = createReplicas(origins, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs });

  const post = async (
    path: string,
    accept: string,
    [replica, request, context]: Parameters<Ask<unknown>>,
  ): Promise<Dispatcher.ResponseData> => {
    const { actor, signal, trace } = context;
    const body = Buffer.from(JSON.stringify({ query: printOnce(request.document), variables: request.variables }));
    const response = await replica.request({
      path,
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        accept,
        ...sign({ target: `POST ${path}`, body, actor }),
        ...(trace === undefined ? {} : { traceparent: trace }),
      },
      body,
    });
    if (response.statusCode === 503) throw await leave(response, new NotReady(name));
    if (response.statusCode === 401)
      throw await leave(response, new AppError('BAD_CONFIGURATION', `${name} does not know our signature`));
    return response;
  };

  const ask: Ask<unknown> = async (...question) => {
    const { body } = await post(pathname, 'application/graphql-response+json, application/json', question);
    return body.json();
  };

  const askForStream: Ask<AsyncIterable<Uint8Array>> = async (...question) => {
    const response = await post(`${pathname}/stream`, 'text/event-stream', question);
    if (response.statusCode === 200) return response.body;
    throw await leave(response, new AppError('INTERNAL', `${name} answered ${response.statusCode} to a subscription`));
  };

  const askObserved = async <Answered>(
    put: Ask<Answered>,
    [replica, request, context]: Parameters<Ask<unknown>>,
  ): Promise<Answered> => {
    const began = performance.now();
    const span = context.trace === undefined ? undefined : traces?.question(name, context.trace);
    const told = (result: Asked['result']): void => {
      observer?.asked?.({ upstream: name, result, seconds: secondsSince(began) });
      span?.end({}, result === 'FAILED');
    };
    const answer = await put(replica, request, { ...context, trace: span?.traceparent }).catch((error: unknown) => {
      told('FAILED');
      throw error;
    });
    told('ANSWERED');
    return answer;
  };

  /** The first answer. Undefined when there is none, or none that may be waited for. */
  const askInTurn = async <Answered>(put: Ask<Answered>, request: ExecutionRequest): Promise<Answered | undefined> => {
    const context = request.context as RequestContext;
    for (const replica of replicas.inOrder()) {
      try {
        return await askObserved(put, [replica, request, context]);
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
    const answer = await askInTurn(ask, request);
    if (isAnswer(answer)) return asResult(answer);
    const { requestId } = request.context as RequestContext;
    if (answer !== undefined) log.error({ upstream: name, requestId }, `${name} sent no GraphQL answer`);
    return { errors: [unavailable(name)] };
  };

  /** The results as they come. One without data is the last of a service; here its error is thrown. */
  async function* resultsOf(body: AsyncIterable<Uint8Array>, { requestId, signal }: RequestContext) {
    try {
      for await (const answer of readEvents(body)) {
        const result = asResult(answer);
        if (result.data === undefined) throw result.errors?.[0] ?? unavailable(name);
        yield result;
      }
    } catch (error) {
      if (error instanceof GraphQLError) throw error;
      if (!signal.aborted) log.warn({ upstream: name, requestId, error }, `a stream of ${name} broke off`);
      throw unavailable(name);
    }
  }

  const subscribe: Upstream['subscribe'] = async (request) => {
    const body = await askInTurn(askForStream, request);
    return body === undefined ? { errors: [unavailable(name)] } : resultsOf(body, request.context as RequestContext);
  };
  return { execute, subscribe, close: () => replicas.close() };
};
