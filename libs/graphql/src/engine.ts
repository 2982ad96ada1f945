/** What plans and runs a public operation over the services. Behind one interface, so that another planner can take its place. */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { Actor } from '@sendpool/contracts';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Check, Operation } from './admit.ts';
import type { RequestContext } from './context.ts';
import type { ResultStream } from './live/event-results.ts';

export type EngineRequest = Operation & { context: RequestContext };

/** A subscription makes a context of its own for each event. */
export type StreamRequest = Operation & { actor: Actor };

export type Engine = {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  execute(request: EngineRequest): Promise<ExecutionResult>;
  /** Never throws, nor does its stream: a result without `data` is the last one of a stream that has failed. */
  subscribe(request: StreamRequest): Promise<ResultStream>;
  close(): Promise<void>;
};

/** The engine in the shape that Apollo Server takes. Apollo parses, validates and answers; `check` judges, and the engine executes. */
export const asApolloGateway = (
  engine: Engine,
  check: Check,
): ApolloServerOptionsWithGateway<RequestContext>['gateway'] => ({
  load: async () => ({
    executor: async ({ document, request, context }) => {
      const operation = {
        document,
        // Apollo's own `operationName` is null when there is no such operation, and then another one would be run.
        operationName: request.operationName ?? undefined,
        variables: request.variables ?? {},
      };
      const errors = check(operation, (context as RequestContext).actor);
      if (errors.length > 0) return { errors };
      return engine.execute({ ...operation, context: context as RequestContext });
    },
  }),
  onSchemaLoadOrUpdate: (callback) => {
    callback({ apiSchema: engine.schema, coreSupergraphSdl: '' });
    return () => {};
  },
  stop: () => engine.close(),
});
