/** What plans and runs a public operation over the services. Behind one interface, so that another planner can take its place. */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { RequestContext } from './context.ts';

export type EngineRequest = {
  document: DocumentNode;
  operationName: string | undefined;
  variables: Record<string, unknown>;
  context: RequestContext;
};

export type Engine = {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  execute(request: EngineRequest): Promise<ExecutionResult>;
  close(): Promise<void>;
};

/** The engine in the shape that Apollo Server takes. Apollo parses, validates and answers; the engine executes. */
export const asApolloGateway = (engine: Engine): ApolloServerOptionsWithGateway<RequestContext>['gateway'] => ({
  load: async () => ({
    executor: async ({ document, request, context }) =>
      engine.execute({
        document,
        // Apollo's own `operationName` is null when there is no such operation, and then another one would be run.
        operationName: request.operationName ?? undefined,
        variables: request.variables ?? {},
        context: context as RequestContext,
      }),
  }),
  onSchemaLoadOrUpdate: (callback) => {
    callback({ apiSchema: engine.schema, coreSupergraphSdl: '' });
    return () => {};
  },
  stop: () => engine.close(),
});
