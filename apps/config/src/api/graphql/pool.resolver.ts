/** Pools in GraphQL, with the shares that hold at this moment. */
import { foundAgain } from '@sendpool/contracts';
import {
  answerOf,
  askOf,
  connectionOf,
  countedConnection,
  loaderOf,
  pageArguments,
  type CountedConnection,
  type RequestContext,
} from '@sendpool/graphql';
import { AppError, timeOfId } from '@sendpool/kernel';
import { poolMayBeFrom, type Pool } from '../../domain/pool.ts';
import type { RotationEntry } from '../../domain/rotation-entry.ts';
import { membersOf, sharesOf } from '../../domain/shares.ts';
import { loadMembers, loadPool, loadServer } from './loaders.ts';
import { listOf } from './paging.ts';
import type {
  MutationResolvers,
  PoolMemberResolvers,
  QueryResolvers,
  SendingServerPoolResolvers,
} from './schema.generated.ts';
import { senderDomain } from './sender-domain.ts';
import type { PoolUseCases } from './use-cases.ts';

const payload = (pool: Pool) => ({ __typename: 'PoolPayload', pool }) as const;

type Asking = { readonly use: PoolUseCases; readonly context: RequestContext };

type VerdictsAsked = { readonly first?: number | null; readonly after?: string | null };

/** Same pages, and numbers, of many pools are one statement. Throws AppError BAD_INPUT for a page out of range and for a cursor of another list. */
const verdictsOf = ({ use, context }: Asking, { id }: Pool, asked: VerdictsAsked): CountedConnection<RotationEntry> => {
  const page = pageArguments(asked.first, asked.after);
  if (page.after !== undefined && !Number.isSafeInteger(page.after))
    throw new AppError('BAD_INPUT', '`after` is not a cursor of this list: pass an `endCursor` as it came');
  const before = page.after as number | undefined;
  const loader = loaderOf<string, RotationEntry[]>(context, `verdicts ${page.first} ${before}`, (ids) =>
    use.rotations.page(ids, page.first + 1, before),
  );
  const counts = loaderOf<string, number>(context, 'number of verdicts', use.rotations.counts);
  return countedConnection({
    read: async () => connectionOf((await loader.load(id)) ?? [], page, ({ number }) => number),
    count: async () => (await counts.load(id)) ?? 0,
  });
};

/** The shares of all members are worked out once for each pool and domain of a request. */
const loadShares = async ({ use, context }: Asking, pool: Pool, fromDomain: string | null): Promise<number[]> => {
  const loader = loaderOf<Pool, number[]>(context, `shares ${fromDomain}`, async (pools) => {
    const servers = await Promise.all(pools.map((each) => loadMembers(context, use.servers, each)));
    return new Map(pools.map((each, at) => [each, sharesOf(each, servers[at]!, fromDomain)]));
  });
  return (await loader.load(pool)) ?? [];
};

const createPool = (use: PoolUseCases) =>
  ({
    __resolveReference: ({ id }, context) => loadPool(context, use.pools, id),
    createdAt: ({ id }) => timeOfId(id),
    providerMode: ({ isp }) => isp,
    members: membersOf,
    rotationVerdicts: (pool, page, context) => verdictsOf({ use, context }, pool, page),
    mayBeFrom: async (pool, { domain }, context) =>
      poolMayBeFrom(pool, await loadMembers(context, use.servers, pool), senderDomain(domain)),
  }) satisfies SendingServerPoolResolvers;

export const createPoolResolvers = (use: PoolUseCases) => ({
  Query: {
    pools: (_, asked) => listOf(asked, use.pools),
    pool: (_, { id }, context) => loadPool(context, use.pools, id),
  } satisfies QueryResolvers,
  Mutation: {
    createPool: (_, { input }, context) => {
      const made = foundAgain('pool', async (id) => (await use.pools.find([id]))[0]);
      const ask = askOf(context, 'createPool', input);
      return answerOf(
        context,
        use.once(ask, (own) => own.createPool(input), made),
        payload,
      );
    },
    updatePool: (_, { input }, context) => answerOf(context, use.updatePool(input), payload),
    deletePool: (_, { input }, context) => answerOf(context, use.deletePool(input.id), payload),
    restorePoolMember: (_, { input }, context) => answerOf(context, use.restorePoolMember(input), payload),
  } satisfies MutationResolvers,
  SendingServerPool: createPool(use),
  PoolMember: {
    server: async ({ serverId }, _, context) => {
      const server = await loadServer(context, use.servers, serverId);
      if (server === null) throw new Error(`pool member ${serverId} has no sending server`);
      return server;
    },
    share: async ({ pool, serverId }, { fromDomain }, context) => {
      const shares = await loadShares({ use, context }, pool, fromDomain ? senderDomain(fromDomain) : null);
      return shares[pool.members.findIndex((member) => member.serverId === serverId)]!;
    },
  } satisfies PoolMemberResolvers,
});
