/** Audiences in GraphQL. */
import { loaderOf, type RequestContext } from '@sendpool/graphql';
import type { Audience, AudienceStore } from '../../domain/audience.ts';
import { answerOf } from './answer.ts';
import { pageById } from './paging.ts';
import type { AudienceResolvers, MutationResolvers, QueryResolvers } from './schema.generated.ts';
import type { AudienceUseCases } from './use-cases.ts';

/** One statement for all audiences that a request asks for in the same tick. */
export const loadAudience = async (
  context: RequestContext,
  store: Pick<AudienceStore, 'findMany'>,
  id: string,
): Promise<Audience | null> => {
  const loader = loaderOf<string, Audience>(context, 'audience', async (ids) => {
    return new Map((await store.findMany(ids)).map((audience) => [audience.id, audience]));
  });
  return (await loader.load(id)) ?? null;
};

const payload = (audience: Audience) => ({ __typename: 'AudiencePayload', audience }) as const;

export const createAudienceResolvers = (use: AudienceUseCases) => ({
  Query: {
    audiences: (_, page) => pageById(page, use.audiences.page),
    audience: (_, { id }, context) => loadAudience(context, use.audiences, id),
  } satisfies QueryResolvers,
  Mutation: {
    createAudience: (_, { input }, context) => answerOf(context, use.createAudience(input), payload),
  } satisfies MutationResolvers,
  Audience: {
    __resolveReference: ({ id }, context) => loadAudience(context, use.audiences, id),
  } satisfies AudienceResolvers,
});
