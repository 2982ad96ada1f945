/** A service's GraphQL door: a federated subgraph that only the gateway may ask, with `@access` in force. */
import type { IncomingMessage } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { Actor } from '@sendpool/contracts';
import { Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { enforceAccess } from './access.ts';
import { createApollo, type GraphQLLog } from './apollo.ts';
import { createHandler } from './http-handler.ts';
import type { GraphQLRoute } from './http-request.ts';
import { createSubgraphStream } from './live/subgraph-stream.ts';
import type { GraphQLObserver } from './observer.ts';
import type { GraphQLTraces } from './traces.ts';
import { scalars } from './scalars.ts';

/** Batched joins of the gateway may be large; strangers are refused by their signature. */
const maxBodyBytes = 16 * 1024 * 1024;

export type SubgraphOptions = {
  /** The service's schema.graphql. */
  typeDefs: string;
  /** Resolver map as codegen types it; DateTime and BigInt are added. */
  resolvers: object;
  /** The signed actor of the request, undefined when it was not signed by the gateway. */
  actorOf: (req: IncomingMessage, rawBody: Uint8Array) => Actor | undefined;
  log: GraphQLLog;
  observer?: GraphQLObserver;
  traces?: GraphQLTraces | undefined;
};

/** Same shapes as `Route` and `Part` of libs/service. */
export type GraphQLDoor = {
  routes: GraphQLRoute[];
  part: { name: string; drain(): void; stop(deadlineMs: number): Promise<void> };
};

const definedScalars = (document: DocumentNode): object => {
  const names = document.definitions.flatMap((node) =>
    node.kind === Kind.SCALAR_TYPE_DEFINITION ? node.name.value : [],
  );
  return Object.fromEntries(names.flatMap((name) => (scalars[name] === undefined ? [] : [[name, scalars[name]]])));
};

type ReferenceResolver = (...args: unknown[]) => unknown;

/** A reference resolver that throws at once would fail every entity of its batch: as a promise it fails its own only. */
const isolateReferences = (resolvers: object): object =>
  Object.fromEntries(
    Object.entries(resolvers).map(([type, fields]: [string, { __resolveReference?: ReferenceResolver }]) => {
      const resolve = fields.__resolveReference;
      if (resolve === undefined) return [type, fields];
      return [type, { ...fields, __resolveReference: async (...args: unknown[]) => resolve(...args) }];
    }),
  );

/** Throws AppError BAD_CONFIGURATION when a root field has no `@access`. */
const buildSubgraph = (typeDefs: string, resolvers: object): GraphQLSchema => {
  const document = parse(typeDefs);
  const all = { ...definedScalars(document), ...isolateReferences(resolvers) };
  return enforceAccess(buildSubgraphSchema([{ typeDefs: document, resolvers: all }]));
};

/** Unsigned requests get 401; AppErrors keep their code; everything else is masked and logged. */
export const createSubgraph = async (options: SubgraphOptions): Promise<GraphQLDoor> => {
  const { log, actorOf, observer, traces } = options;
  const schema = buildSubgraph(options.typeDefs, options.resolvers);
  const server = createApollo({ schema, introspection: false }, { log, observer, traces });
  await server.start();
  const stream = createSubgraphStream({ schema, actorOf, log, observer, maxBodyBytes });
  // Its signature is over the body: before that nobody can be told from anybody.
  const identify = async (req: IncomingMessage) => ({ actorOf: (raw: Uint8Array) => actorOf(req, raw) });
  const handle = createHandler({ server, identify, maxBodyBytes, isTraced: traces !== undefined });
  return {
    routes: [{ method: 'POST', path: '/graphql', handle }, stream.route],
    part: { name: 'graphql', drain: () => stream.drain(), stop: () => server.stop() },
  };
};
