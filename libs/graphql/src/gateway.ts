/** The public GraphQL door: asks for a key, bounds the document, and has an engine run it over the services. */
import type { IncomingMessage } from 'node:http';
import type { Actor } from '@sendpool/contracts';
import { createApollo, type GraphQLLog } from './apollo.ts';
import { asApolloGateway, type Engine } from './engine.ts';
import { createHandler } from './http-handler.ts';
import type { GraphQLObserver } from './observer.ts';
import type { GraphQLTraces } from './traces.ts';
import { limits, maxAliasesRule, maxDepthRule, noSubscriptionsRule } from './limits.ts';
import type { GraphQLDoor } from './subgraph.ts';

export type GatewayOptions = {
  engine: Engine;
  /** Whose key the request carries; undefined is answered 401, alike for every reason. */
  authenticate: (req: IncomingMessage) => Actor | undefined;
  /** Whether a client with a key may read the schema. */
  introspection: boolean;
  log: GraphQLLog;
  observer?: GraphQLObserver;
  traces?: GraphQLTraces | undefined;
};

/** A stopped door closes its engine. */
export const createGateway = async (options: GatewayOptions): Promise<GraphQLDoor> => {
  const { engine, authenticate, introspection, log, observer, traces } = options;
  const server = createApollo(
    {
      gateway: asApolloGateway(engine),
      introspection,
      parseOptions: { maxTokens: limits.tokens },
      validationRules: [maxDepthRule, maxAliasesRule, noSubscriptionsRule],
      maxRecursiveSelections: true,
    },
    { log, observer, traces },
  );
  await server.start();
  const handle = createHandler({
    server,
    actorOf: authenticate,
    isKnown: (req) => authenticate(req) !== undefined,
    maxBodyBytes: limits.bodyBytes,
    isTraced: traces !== undefined,
  });
  return { route: { method: 'POST', path: '/graphql', handle }, part: { name: 'graphql', stop: () => server.stop() } };
};
