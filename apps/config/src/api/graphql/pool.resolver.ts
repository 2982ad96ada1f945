/** Pools in GraphQL, with the shares that hold at this moment. */
import type { RequestContext } from '@sendpool/graphql';
import type { Pool } from '../../domain/pool.ts';
import { sharesOf, type SharedMember } from '../../domain/shares.ts';
import { answerOf } from './answer.ts';
import { loadPool, loadServer } from './loaders.ts';
import { pageOf } from './paging.ts';
import type {
  MutationResolvers,
  PoolMemberResolvers,
  QueryResolvers,
  SendingServerPoolResolvers,
} from './schema.generated.ts';
import type { PoolUseCases } from './use-cases.ts';

const payload = (pool: Pool) => ({ __typename: 'PoolPayload', pool }) as const;

const sharedMembers = async (use: PoolUseCases, pool: Pool, context: RequestContext): Promise<SharedMember[]> => {
  const servers = await Promise.all(pool.members.map(({ serverId }) => loadServer(context, use.servers, serverId)));
  return sharesOf(pool, new Map(servers.filter((server) => server !== null).map((server) => [server.id, server])));
};

export const createPoolResolvers = (use: PoolUseCases) => ({
  Query: {
    pools: (_, page) => pageOf(page, use.pools.page),
    pool: (_, { id }, context) => loadPool(context, use.pools, id),
  } satisfies QueryResolvers,
  Mutation: {
    createPool: (_, { input }, context) => answerOf(context, use.createPool(input), payload),
    updatePool: (_, { input }, context) => answerOf(context, use.updatePool(input), payload),
  } satisfies MutationResolvers,
  SendingServerPool: {
    __resolveReference: ({ id }, context) => loadPool(context, use.pools, id),
    members: (pool, _, context) => sharedMembers(use, pool, context),
  } satisfies SendingServerPoolResolvers,
  PoolMember: {
    server: async ({ serverId }, _, context) => {
      const server = await loadServer(context, use.servers, serverId);
      if (server === null) throw new Error(`pool member ${serverId} has no sending server`);
      return server;
    },
  } satisfies PoolMemberResolvers,
});
