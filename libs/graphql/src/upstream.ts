/** Asks one service behind the gateway, by any of its replicas: signed requests over kept connections, no sharing between users, no transport detail to clients. */
import type { ExecutionRequest } from '@graphql-tools/utils';
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import type { GraphQLLog } from './apollo.ts';
import type { RequestContext } from './context.ts';
import { secondsSince, type Asked, type GraphQLObserver } from './observer.ts';
import type { GraphQLTraces } from './traces.ts';
import { readEvents } from './live/read-events.ts';
import { createQuestions, NotReady, type Ask, type Sign } from './question.ts';
import { createReplicas, isUnreached } from './replicas.ts';

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

/** Another replica may be asked: a mutation only when the first one cannot have seen it. */
const mayRepeat = ({ document }: ExecutionRequest, error: unknown): boolean =>
  isUnreached(error) ||
  error instanceof NotReady ||
  getOperationAST(document)?.operation !== OperationTypeNode.MUTATION;

/** Puts a question so that it is measured and traced. */
const observed =
  <Answered>(put: Ask<Answered>, { name, observer, traces }: UpstreamOptions): Ask<Answered> =>
  async (replica, request, context) => {
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

/** The results as they come. One without data is the last of a service; here its error is thrown. */
async function* resultsOf(
  body: AsyncIterable<Uint8Array>,
  { name, log }: UpstreamOptions,
  { requestId, signal }: RequestContext,
) {
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

export const createUpstream = (options: UpstreamOptions): Upstream => {
  const { name, urls, sign, log } = options;
  const origins = urls.map((url) => new URL(url).origin);
  const replicas = createReplicas(origins, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const questions = createQuestions({ name, pathname: new URL(urls[0]!).pathname, sign });
  const [ask, askForStream] = [observed(questions.ask, options), observed(questions.askForStream, options)];

  /** The first answer. Undefined when there is none, or none that may be waited for. */
  const askInTurn = async <Answered>(put: Ask<Answered>, request: ExecutionRequest): Promise<Answered | undefined> => {
    const context = request.context as RequestContext;
    for (const replica of replicas.inOrder()) {
      try {
        return await put(replica, request, context);
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

  const subscribe: Upstream['subscribe'] = async (request) => {
    const body = await askInTurn(askForStream, request);
    return body === undefined
      ? { errors: [unavailable(name)] }
      : resultsOf(body, options, request.context as RequestContext);
  };
  return { execute, subscribe, close: () => replicas.close() };
};
