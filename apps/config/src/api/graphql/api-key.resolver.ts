/** API keys in GraphQL. The text of a key is in the answer that makes it and nowhere else. */
import { answerOf } from './answer.ts';
import { pageOf } from './paging.ts';
import type { MutationResolvers, QueryResolvers } from './schema.generated.ts';
import type { KeyUseCases } from './use-cases.ts';

export const createKeyResolvers = (use: KeyUseCases) => ({
  Query: { apiKeys: (_, page) => pageOf(page, use.keys.page) } satisfies QueryResolvers,
  Mutation: {
    createApiKey: (_, { input }, context) =>
      answerOf(
        context,
        use.createApiKey(input),
        (created) => ({ __typename: 'CreateApiKeyPayload', ...created }) as const,
      ),
    revokeApiKey: (_, { input }, context) =>
      answerOf(
        context,
        use.revokeApiKey(input.id),
        (apiKey) => ({ __typename: 'RevokeApiKeyPayload', apiKey }) as const,
      ),
  } satisfies MutationResolvers,
});
