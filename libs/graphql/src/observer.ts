/** Tells how requests end at a GraphQL door, and at the services behind the gateway: for the numbers of a process. Never carries a text of a client. */
import type { ApolloServerPlugin, GraphQLResponse } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { RequestContext } from './context.ts';

type Answered = {
  /** A subscription is answered when it begins. */
  operation: 'query' | 'mutation' | 'subscription' | 'none';
  /** Code of the first error, OK when there is none; one of the codes that a client may see. */
  code: string;
  seconds: number;
};

/** One question of the gateway to one replica of a service. */
export type Asked = { upstream: string; result: 'ANSWERED' | 'FAILED'; seconds: number };

/** How a client is told of what happens. */
export type Transport = 'WEBSOCKET' | 'SSE';

export type GraphQLObserver = {
  answered?(done: Answered): void;
  asked?(done: Asked): void;
  /** A socket or an event stream was opened or closed. */
  connected?(transport: Transport, change: 1 | -1): void;
  /** A result went to a client. */
  pushed?(transport: Transport): void;
};

export const secondsSince = (began: number): number => (performance.now() - began) / 1000;

const operationOf = (operation: string | undefined): Answered['operation'] =>
  operation === 'query' || operation === 'mutation' ? operation : 'none';

/** Code of an error, OK when there is none. */
export const codeOf = (error: Pick<GraphQLFormattedError, 'extensions'> | undefined): string => {
  const code = error?.extensions?.['code'];
  if (error === undefined) return 'OK';
  return typeof code === 'string' ? code : 'INTERNAL';
};

/** Code of the first error, OK when there is none. */
export const codeOfAnswer = (body: GraphQLResponse['body']): string =>
  codeOf(body.kind === 'single' ? body.singleResult.errors?.[0] : undefined);

export const observeAnswers = ({ answered }: GraphQLObserver): ApolloServerPlugin<RequestContext> => ({
  requestDidStart: async () => {
    const began = performance.now();
    return {
      willSendResponse: async ({ response, operation }) => {
        answered?.({
          operation: operationOf(operation?.operation),
          code: codeOfAnswer(response.body),
          seconds: secondsSince(began),
        });
      },
    };
  },
});
