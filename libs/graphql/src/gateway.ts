/** The public GraphQL door: asks for a key, bounds what may be asked, and has an engine run it over the services; on HTTP, WebSocket and as events. */
import type { IncomingMessage } from 'node:http';
import { createAdmission, publicRules, type Admission, type Check } from './admit.ts';
import { createApollo, type GraphQLLog } from './apollo.ts';
import type { Authenticate } from './authenticate.ts';
import { createBodyRooms, type BodyRooms } from './body-room.ts';
import { createBudget, type Budget } from './budget.ts';
import { createCostOf, type CostTable } from './cost.ts';
import { asApolloGateway, type Engine } from './engine.ts';
import { createHandler } from './http-handler.ts';
import { problems, refuse, wantsEvents, type GraphQLRoute } from './http-request.ts';
import { countRefusals, createIntake, type Intake } from './intake.ts';
import { limits, liveLimits, noSubscriptionsRule, type LiveLimits } from './limits.ts';
import { createConnections } from './live/connections.ts';
import { createOperations } from './live/operations.ts';
import type { Sockets } from './live/sockets.ts';
import { createSseDoor } from './live/sse-door.ts';
import { createWebSocketDoor } from './live/websocket-door.ts';
import type { GraphQLObserver } from './observer.ts';
import { createResolveDocument, type PersistedOptions } from './persisted.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { refuseAnyStranger, type RefuseStranger } from './stranger-limit.ts';
import type { GraphQLDoor } from './subgraph.ts';
import type { GraphQLTraces } from './traces.ts';

export type GatewayOptions = {
  engine: Engine;
  /** Undefined is answered 401, alike for every reason. */
  authenticate: Authenticate;
  /** Asked for each sign-in that failed. Default: they are not counted. */
  refuseStranger?: RefuseStranger;
  /** Whether a client with a key may read the schema. */
  introspection: boolean;
  /** What an operation must pass before it is run, on every transport: see `Check`. */
  checks?: readonly Check[];
  /** What single fields cost: see `createCostOf`. */
  costs?: CostTable;
  /** Cost that each key may ask for in a minute, from this process. Default: `limits.perMinute`. */
  rateLimit?: RateLimit;
  /** Documents that clients may name by their ids. Default: none, and any other is free. */
  documents?: PersistedOptions | undefined;
  /** Origins of pages that may open a socket, besides the gateway's own. */
  origins?: readonly string[];
  live?: Partial<LiveLimits>;
  log: GraphQLLog;
  observer?: GraphQLObserver;
  traces?: GraphQLTraces | undefined;
};

export type GatewayDoor = GraphQLDoor & { upgrade: Sockets['upgrade'] };

const isOwn = (origins: readonly string[]): ((origin: string, req: IncomingMessage) => boolean) => {
  const allowed = new Set(origins);
  return (origin, req) =>
    allowed.has(origin) || (URL.canParse(origin) && new URL(origin).host === req.headers.host?.toLowerCase());
};

/** One operation, answered as it asks: at once, or as events. */
const routesOf = (ask: GraphQLRoute['handle'], stream: GraphQLRoute['handle']): GraphQLRoute[] => [
  { method: 'POST', path: '/graphql', handle: (req, res) => (wantsEvents(req) ? stream : ask)(req, res) },
  {
    method: 'POST',
    path: '/graphql/stream',
    handle: async (req, res) => (wantsEvents(req) ? stream(req, res) : refuse(res, problems.noStream)),
  },
];

type Bounds = { admission: Admission; intake: Intake; budget: Budget; bodyRooms: BodyRooms };

/** What may be asked, in one piece for all doors. */
const boundsOf = (options: GatewayOptions): Bounds => {
  const { engine, costs, documents = { documents: new Map(), only: false } } = options;
  const { schema } = engine;
  const rateLimit = options.rateLimit ?? createRateLimit({ perMinute: limits.perMinute });
  const budget = createBudget({ costOf: createCostOf(schema, costs), maxCost: limits.cost, rateLimit });
  const intake = createIntake({ schema, begin: budget.begin, resolve: createResolveDocument(documents) });
  const rules = publicRules(options.introspection);
  const checks = [...(options.checks ?? []), budget.check];
  const admission = createAdmission({ schema, intake, rules, maxTokens: limits.tokens, checks });
  return { budget, intake, admission, bodyRooms: createBodyRooms() };
};

/** Apollo on HTTP. It comes with parsing, validating and answering of its own; the rules and the checks are those of the other doors. */
const createApolloDoor = async (options: GatewayOptions, { admission, intake, budget, bodyRooms }: Bounds) => {
  const { engine, authenticate, refuseStranger = refuseAnyStranger, log, observer, traces } = options;
  const server = createApollo(
    {
      gateway: asApolloGateway(engine, admission.check),
      // The rule against it is one of the admission.
      introspection: true,
      parseOptions: admission.parseOptions,
      validationRules: [...admission.rules, noSubscriptionsRule],
      maxRecursiveSelections: true,
    },
    { log, observer, traces },
  );
  await server.start();
  const handle = createHandler({
    server,
    identify: async (req) => {
      const credential = await authenticate(req.headers.authorization);
      return (
        credential && {
          actorOf: () => (credential.isValid() ? credential.actor : undefined),
          room: bodyRooms.of(credential.actor.keyId),
        }
      );
    },
    refuseStranger,
    intake: countRefusals(intake, observer ?? {}),
    headersOf: budget.headersOf,
    maxBodyBytes: limits.bodyBytes,
    isTraced: traces !== undefined,
  });
  return { handle, stop: () => server.stop() };
};

/** A stopped door closes its engine. */
export const createGateway = async (options: GatewayOptions): Promise<GatewayDoor> => {
  const { engine, authenticate, refuseStranger = refuseAnyStranger, origins = [], log, observer = {} } = options;
  const bounds = { ...liveLimits, ...options.live };
  const asked = boundsOf(options);
  const apollo = await createApolloDoor(options, asked);
  const { admission, budget, bodyRooms } = asked;
  const operations = createOperations({ engine, admission, payMore: budget.payMore, log, observer });
  const connections = createConnections(bounds, observer);
  const live = { authenticate, refuseStranger, bodyRooms, operations, connections, observer, log };
  const sockets = createWebSocketDoor({ ...live, engine, isOwnOrigin: isOwn(origins), limits: bounds });
  return {
    routes: routesOf(apollo.handle, createSseDoor(live)),
    upgrade: sockets.upgrade,
    part: {
      name: 'graphql',
      drain: () => {
        connections.drain();
        sockets.drain();
      },
      stop: async () => {
        sockets.stop();
        await apollo.stop();
      },
    },
  };
};
