/** Two small services and a gateway before them on real ports, with a source of events that a spec drives. */
import assert from 'node:assert/strict';
import type { Role } from '@sendpool/contracts';
import { AppError, sleep } from '@sendpool/kernel';
import { canary, serviceSdl, startGateway, startSubgraph } from '../doors.fixture.ts';
import type { GatewayOptions } from '../index.ts';
import { createChannel, type Channel } from './channel.ts';

const poolsSdl = serviceSdl(`
  type Pool @key(fields: "id") { id: ID! name: String! }
  type Query { pool(id: ID!): Pool @access(role: READER) bug: String @access(role: READER) slow: String @access(role: READER) }
  type Mutation { rename(id: ID!): Pool @access(role: OPERATOR) }
`);
const eventsSdl = serviceSdl(`
  type Pool @key(fields: "id") { id: ID! }
  type Event { n: Int! text: String! pool: Pool fault: String }
  type Page { n: Int! endCursor: String! }
  type Query { listeners: Int @access(role: READER) }
  type Subscription {
    state(of: String): Event @access(role: READER)
    pages(after: String): Page! @access(role: READER)
    texts(count: Int!, text: String!, after: String): Event! @access(role: READER)
    secrets: Event @access(role: ADMIN)
    broken: Event @access(role: READER)
    expired(after: String): Event @access(role: READER)
  }
`);

type Event = { n: number; text: string; pool?: { id: string }; fault?: string };

/** Events that a spec publishes, for all who listen at the service. */
const createHub = () => {
  const listeners = new Set<Channel<Event>>();
  let opened = 0;
  return {
    /** How many listen now, and how many ever did. */
    now: () => listeners.size,
    ever: () => opened,
    publish: (event: Event) => listeners.forEach((listener) => listener.push(event)),
    finish: () => listeners.forEach((listener) => listener.finish()),
    listen: (): Channel<Event> => {
      const listener: Channel<Event> = createChannel<Event>({
        maxValues: 1_000_000,
        onClose: () => listeners.delete(listener),
      });
      listeners.add(listener);
      opened += 1;
      return listener;
    },
  };
};
type Hub = ReturnType<typeof createHub>;

async function* texts(count: number, text: string): AsyncGenerator<Event> {
  for (let n = 0; n < count; n += 1) yield { n, text: `${n} ${text}` };
}

async function* broken(): AsyncGenerator<Event> {
  yield { n: 1, text: 'one' };
  throw new Error(canary);
}

const asIs = (event: unknown): unknown => event;

const eventsResolvers = (hub: Hub): object => ({
  Query: { listeners: () => hub.now() },
  Subscription: {
    state: { subscribe: () => hub.listen(), resolve: asIs },
    pages: {
      subscribe: () => hub.listen(),
      resolve: ({ n }: Event) => ({ n, endCursor: `c${n}` }),
    },
    texts: {
      subscribe: (_: unknown, args: { count: number; text: string }) => texts(args.count, args.text),
      resolve: asIs,
    },
    secrets: { subscribe: () => hub.listen(), resolve: asIs },
    broken: { subscribe: () => broken(), resolve: asIs },
    expired: {
      subscribe: () => {
        throw new AppError('CONFLICT', 'the events after this cursor are not kept any more');
      },
    },
  },
  Event: {
    fault: ({ fault }: Event) => {
      if (fault !== undefined) throw new Error(fault);
      return null;
    },
  },
});

const createPools = () => {
  const asked: string[] = [];
  const pool = (id: string) => ({ id, name: `pool ${id} ${asked.push(id)}` });
  return {
    asked,
    resolvers: {
      Query: {
        pool: (_: unknown, { id }: { id: string }) => pool(id),
        slow: () => sleep(300).then(() => 'done'),
        bug: () => {
          throw new Error(canary);
        },
      },
      Pool: { __resolveReference: ({ id }: { id: string }) => pool(id) },
      Mutation: { rename: (_: unknown, { id }: { id: string }) => pool(id) },
    },
  };
};

const roles: Record<string, Role> = { reader: 'READER', 'reader-2': 'READER', admin: 'ADMIN' };

/** Keys that a spec revokes by taking them out. */
const createKeys = () => {
  const valid = new Set(Object.keys(roles));
  const authenticate: GatewayOptions['authenticate'] = async (authorization) => {
    const keyId = authorization?.replace('Bearer ', '') ?? '';
    const role = roles[keyId];
    if (role === undefined || !valid.has(keyId)) return undefined;
    return { actor: { keyId, role, requestId: 'request-7' }, isValid: () => valid.has(keyId) };
  };
  return { authenticate, revoke: (keyId: string) => valid.delete(keyId) };
};

export type Scene = Awaited<ReturnType<typeof startScene>>;

export const startScene = async (options: Partial<GatewayOptions> = {}) => {
  const hub = createHub();
  const { asked, resolvers } = createPools();
  const pools = await startSubgraph(poolsSdl, resolvers);
  const events = await startSubgraph(eventsSdl, eventsResolvers(hub));
  const { authenticate, revoke } = createKeys();
  const sdls = { pools: poolsSdl, events: eventsSdl };
  const gateway = await startGateway(sdls, { pools, events }, { authenticate, ...options });
  const stop = async (): Promise<void> => {
    for (const running of [gateway, pools, events]) await running.stop();
  };
  return { hub, poolsAsked: asked, pools, events, gateway, revoke, stop };
};

/** Waits until it is so, 5 seconds at most. */
export const until = async (isSo: () => boolean, what: string): Promise<void> => {
  for (let tries = 0; !isSo() && tries < 500; tries += 1) await sleep(10);
  assert.ok(isSo(), what);
};
