/** One set-up of Apollo Server for services and gateway: quiet, masked, without its own signal handling. */
import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLFormattedError } from 'graphql';
import type { RequestContext } from './context.ts';
import { causeOf, formatError, isHidden } from './errors.ts';
import { limits } from './limits.ts';
import { observeAnswers, type GraphQLObserver } from './observer.ts';
import { traceRequests, type GraphQLTraces } from './traces.ts';

/** What this library needs of a log; the one of libs/service fits. */
export type GraphQLLog = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

const withRequestId = (error: GraphQLFormattedError, requestId: string): GraphQLFormattedError =>
  error.extensions?.['code'] === 'INTERNAL' ? { ...error, extensions: { ...error.extensions, requestId } } : error;

/** Hidden errors go to the log, and the client gets the request id to ask about. */
const reportHidden = (log: GraphQLLog): ApolloServerPlugin<RequestContext> => ({
  requestDidStart: async () => ({
    didEncounterErrors: async ({ errors, contextValue, operationName }) => {
      for (const error of errors.filter(isHidden))
        log.error(
          { error: causeOf(error), path: error.path, operationName, requestId: contextValue.requestId },
          'a request failed for a reason that its client does not see',
        );
    },
    willSendResponse: async ({ response, contextValue }) => {
      const result = response.body.kind === 'single' ? response.body.singleResult : {};
      if (result.errors !== undefined)
        result.errors = result.errors.map((error) => withRequestId(error, contextValue.requestId));
    },
  }),
});

/** A document can be made to have a fault in each word; some of them tell enough. */
const fewFaults: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response }) => {
      const result = response.body.kind === 'single' ? response.body.singleResult : {};
      if (result.errors?.[0]?.extensions?.['code'] === 'GRAPHQL_VALIDATION_FAILED')
        result.errors = result.errors.slice(0, limits.faults);
    },
  }),
};

const clientFaults: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_TOO_COSTLY',
]);

/** GraphQL over HTTP: with `application/json` as the answer's type a refused document SHOULD be a 200. */
const plainJsonStatus: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response }) => {
      if (request.http?.headers.get('accept')?.includes('application/graphql-response+json') === true) return;
      const code = response.body.kind === 'single' ? response.body.singleResult.errors?.[0]?.extensions?.['code'] : '';
      if (clientFaults.has(code)) response.http.status = 200;
    },
  }),
};

const apolloLogger = (log: GraphQLLog) => {
  const at = (level: keyof GraphQLLog) => (message?: unknown) => log[level]({}, String(message));
  return { debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('error') };
};

/** Who is told of the requests. */
type ApolloWatch = {
  log: GraphQLLog;
  observer?: GraphQLObserver | undefined;
  traces?: GraphQLTraces | undefined;
};

export const createApollo = (
  options: ApolloServerOptions<RequestContext>,
  { log, observer = {}, traces }: ApolloWatch,
): ApolloServer<RequestContext> =>
  new ApolloServer<RequestContext>({
    ...options,
    logger: apolloLogger(log),
    formatError,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    nodeEnv: 'production',
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      reportHidden(log),
      fewFaults,
      plainJsonStatus,
      observeAnswers(observer),
      ...(traces === undefined ? [] : [traceRequests(traces)]),
    ],
  });
