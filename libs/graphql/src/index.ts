export { GraphQLError, type GraphQLResolveInfo } from 'graphql';
export { createContext, loaderOf, type RequestContext } from './context.ts';
export { scalars } from './scalars.ts';
export {
  connectionOf,
  countedConnection,
  decodeCursor,
  encodeCursor,
  maxPageSize,
  pageArguments,
  type Connection,
  type CountedConnection,
  type CursorKey,
  type Page,
} from './connection.ts';
export { answerOf, askOf } from './answer.ts';
export { refused } from './refused.ts';
export { namedConnection, searchText } from './ordered.ts';
export { createSubgraph, type GraphQLDoor, type SubgraphOptions } from './subgraph.ts';
export type { GraphQLLog } from './apollo.ts';
export type { GraphQLObserver } from './observer.ts';
export type { GraphQLTraces } from './traces.ts';
export { refusePlainly, type GraphQLRoute, type Problem } from './http-request.ts';
export { createRateLimit } from './rate-limit.ts';
export { createRefuseStranger, refuseAnyStranger, type RefuseStranger } from './stranger-limit.ts';
export { createSpending, type Spending } from './spending.ts';
export type { Authenticate, Credential } from './authenticate.ts';
export { createGateway, type GatewayOptions } from './gateway.ts';
export { createStitchedEngine, type StitchedEngineOptions } from './stitched-engine.ts';
export type { Engine, EngineRequest, StreamRequest } from './engine.ts';
export type { Sign } from './question.ts';
export { createReplicas, type Replicas } from './replicas.ts';
export { limits, type LiveLimits } from './limits.ts';
export { createTally } from './live/tally.ts';
export { createCostOf, requestCost, type CostTable } from './cost.ts';
export { readManifest, type PersistedOptions } from './persisted.ts';
export { createWatch, type Watch } from './watch.ts';
