/** API keys in GraphQL. The text of a key is in the answer that makes it and nowhere else. */
import { shownOnce } from '@sendpool/contracts';
import { answerOf, askOf } from '@sendpool/graphql';
import type { CreatedApiKey } from '../../domain/create-api-key.ts';
import { listOf } from './paging.ts';
import type { MutationResolvers, QueryResolvers } from './schema.generated.ts';
import type { KeyUseCases } from './use-cases.ts';

const shownKey = shownOnce('API key', ({ apiKey }: CreatedApiKey) => apiKey.id);

export const createKeyResolvers = (use: KeyUseCases) => ({
  Query: { apiKeys: (_, asked) => listOf(asked, use.keys) } satisfies QueryResolvers,
  Mutation: {
    createApiKey: (_, { input }, context) =>
      answerOf(
        context,
        use.once(askOf(context, 'createApiKey', input), (own) => own.createApiKey(input), shownKey),
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
