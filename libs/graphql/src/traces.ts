/** Spans of requests at a GraphQL door, and of the questions that the gateway asks for them. The traces of libs/service fit. */
import type { ApolloServerPlugin } from '@apollo/server';
import { Kind, type OperationDefinitionNode } from 'graphql';
import type { RequestContext } from './context.ts';
import { codeOfAnswer } from './observer.ts';

type GraphQLSpan = {
  readonly traceparent: string;
  end(attributes?: Record<string, string | number>, isFault?: boolean): void;
};

export type GraphQLTraces = {
  /** Undefined when the request is not traced. */
  request(start: {
    name: string;
    operation: string;
    parent: string | undefined;
    startMs: number;
  }): GraphQLSpan | undefined;
  question(upstream: string, parent: string): GraphQLSpan;
};

const mostFields = 3;

/** Names of the schema, nothing of the client: `mutation startCampaign`. */
const nameOf = ({ operation, selectionSet }: OperationDefinitionNode): string => {
  const fields = selectionSet.selections.flatMap((node) => (node.kind === Kind.FIELD ? node.name.value : []));
  return [operation, ...fields.slice(0, mostFields)].join(' ');
};

/** From then on `context.trace` is the span of the request at this door, and undefined when it is not traced. */
export const traceRequests = (traces: GraphQLTraces): ApolloServerPlugin<RequestContext> => ({
  requestDidStart: async ({ contextValue }) => {
    const startMs = Date.now();
    const parent = contextValue.trace;
    let span: GraphQLSpan | undefined;
    contextValue.trace = undefined;
    return {
      didResolveOperation: async ({ operation }) => {
        if (operation === undefined) return;
        span = traces.request({ name: nameOf(operation), operation: operation.operation, parent, startMs });
        contextValue.trace = span?.traceparent;
      },
      willSendResponse: async ({ response }) => {
        const code = codeOfAnswer(response.body);
        span?.end({ 'graphql.code': code }, code !== 'OK');
      },
    };
  },
});
