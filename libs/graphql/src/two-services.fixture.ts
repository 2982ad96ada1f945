/** For specs: a gateway over two services, of which one names pools and the other has their numbers. */
import { AppError } from '@sendpool/kernel';
import { canary, serviceSdl, startGateway, startSubgraph, type Running } from './doors.fixture.ts';
import type { GatewayOptions, RequestContext, SubgraphOptions } from './index.ts';

const poolsSdl = serviceSdl(`
  scalar DateTime
  type Pool @key(fields: "id") { id: ID! name: String! self: Pool! }
  type Query {
    pools: [Pool!]! @access(role: READER)
    pool(id: ID!): Pool @access(role: READER)
    bug: String @access(role: READER)
    whoAmI: String @access(role: READER)
    administer: String @access(role: ADMIN)
    day(at: DateTime): DateTime @access(role: READER)
    logIn(password: String): String @access(role: READER)
  }
  type Mutation { rename(id: ID!): Pool @access(role: OPERATOR) }
`);
const numbersSdl = serviceSdl(`
  type Pool @key(fields: "id") { id: ID! rate: Float slow: String }
  type Query { lag: Int @access(role: READER) }
`);

const pool = (id: string) => ({ id, name: `pool ${id}` });
const poolsResolvers = {
  Query: {
    pools: () => ['ok', 'bad', 'good'].map(pool),
    pool: (_: unknown, { id }: { id: string }) => pool(id),
    bug: () => {
      throw new Error(canary);
    },
    whoAmI: (_: unknown, __: unknown, { actor }: RequestContext) => `${actor.keyId} ${actor.role}`,
    administer: () => 'done',
    day: (_: unknown, { at }: { at: Date }) => at,
    logIn: () => 'in',
  },
  Pool: { __resolveReference: ({ id }: { id: string }) => pool(id), self: (self: object) => self },
  Mutation: { rename: (_: unknown, { id }: { id: string }) => pool(id) },
};

/** The slow field of a pool tells when it is reached, and when it is told to give up. */
const createNumbers = () => {
  const reached = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<void>();
  const resolvers = {
    Query: { lag: () => 3 },
    Pool: {
      __resolveReference: ({ id }: { id: string }) => {
        if (id === 'bad') throw new AppError('NOT_FOUND', 'no numbers for bad');
        return { id, rate: 0.5 };
      },
      slow: (_: unknown, __: unknown, { signal }: RequestContext) =>
        new Promise((resolve) => {
          reached.resolve();
          signal.addEventListener('abort', () => (givenUp.resolve(), resolve('late')));
        }),
    },
  };
  return { resolvers, reached: reached.promise, givenUp: givenUp.promise };
};

const keys: Record<string, 'READER' | 'ADMIN'> = { 'Bearer reader': 'READER', 'Bearer admin': 'ADMIN' };
const authenticate: GatewayOptions['authenticate'] = async (authorization) => {
  const role = keys[authorization ?? ''];
  if (role === undefined) return undefined;
  return { actor: { keyId: role.toLowerCase(), role, requestId: 'request-7' }, isValid: () => true };
};

export const startNumbers = (options: Partial<SubgraphOptions> = {}): Promise<Running> =>
  startSubgraph(numbersSdl, createNumbers().resolvers, options);

/** A gateway over the two, wherever they are. */
export const startOver = (pools: Running, numbers: Running, introspection = true): Promise<Running> =>
  startGateway({ pools: poolsSdl, numbers: numbersSdl }, { pools, numbers }, { authenticate, introspection });

export type TwoServices = Awaited<ReturnType<typeof startTwoServices>>;

export const startTwoServices = async () => {
  const { resolvers, reached, givenUp } = createNumbers();
  const pools = await startSubgraph(poolsSdl, poolsResolvers);
  const numbers = await startSubgraph(numbersSdl, resolvers);
  const gateway = await startOver(pools, numbers);
  const stop = async (): Promise<void> => {
    for (const running of [gateway, pools, numbers]) await running.stop();
  };
  return { pools, numbers, gateway, reached, givenUp, stop };
};

type Answer = {
  status: number;
  text: string;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
};

export const send = async (url: string, init: RequestInit): Promise<Answer> => {
  const res = await fetch(url, { method: 'POST', ...init });
  const text = await res.text();
  return { ...(JSON.parse(text) as object), status: res.status, text };
};
export const headers = { 'content-type': 'application/json', authorization: 'Bearer reader' };
export const ask = (url: string, query: string, key = 'Bearer reader'): Promise<Answer> =>
  send(url, { headers: { ...headers, authorization: key }, body: JSON.stringify({ query }) });
