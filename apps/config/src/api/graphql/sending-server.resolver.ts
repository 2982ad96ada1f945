/** Sending servers in GraphQL. The password has no field: it comes in and never goes out. */
import { timeOfId } from '@sendpool/kernel';
import { foundAgain } from '@sendpool/contracts';
import { answerOf, askOf } from '@sendpool/graphql';
import { effectiveLimits, type SendingServer } from '../../domain/sending-server.ts';
import { progressOf, providerLimitOf, type WarmUp } from '../../domain/warm-up.ts';
import { loadServer } from './loaders.ts';
import { listOf } from './paging.ts';
import type {
  MutationResolvers,
  ProviderWarmUpResolvers,
  QueryResolvers,
  SendingServerResolvers,
  WarmUpResolvers,
} from './schema.generated.ts';
import type { ServerUseCases } from './use-cases.ts';

/** One mailbox provider in the plan that it is of. */
export type ProviderWarmUpModel = {
  readonly plan: WarmUp;
  readonly provider: string;
  readonly perDay: readonly number[];
};

const payload = (server: SendingServer) => ({ __typename: 'SendingServerPayload', server }) as const;

const createMutation = (use: ServerUseCases) =>
  ({
    createSendingServer: (_, { input }, context) => {
      const made = foundAgain('sending server', async (id) => (await use.servers.find([id]))[0]);
      const ask = askOf(context, 'createSendingServer', input);
      return answerOf(
        context,
        use.once(ask, (own) => own.createSendingServer(input), made),
        payload,
      );
    },
    updateSendingServer: (_, { input }, context) => answerOf(context, use.updateSendingServer(input), payload),
    verifySendingServer: (_, { input }, context) => answerOf(context, use.verifySendingServer(input.id), payload),
    activateSendingServer: (_, { input }, context) => answerOf(context, use.activateSendingServer(input.id), payload),
    deleteSendingServer: (_, { input }, context) => answerOf(context, use.deleteSendingServer(input.id), payload),
    deactivateSendingServer: (_, { input }, context) =>
      answerOf(context, use.deactivateSendingServer(input.id), payload),
  }) satisfies MutationResolvers;

export const createServerResolvers = (use: ServerUseCases) => ({
  Query: {
    sendingServers: (_, asked) => listOf(asked, use.servers),
    sendingServer: (_, { id }, context) => loadServer(context, use.servers, id),
  } satisfies QueryResolvers,
  Mutation: createMutation(use),
  SendingServer: {
    __resolveReference: ({ id }, context) => loadServer(context, use.servers, id),
    createdAt: ({ id }) => timeOfId(id),
    hasPassword: (server) => server.password !== null,
    hasCaCertificate: (server) => server.caCertificate !== null,
    effectiveLimits,
  } satisfies SendingServerResolvers,
  WarmUp: {
    startsAt: ({ startsAt }) => new Date(startsAt),
    day: (plan) => progressOf(plan, use.now().getTime()).day,
    limitToday: (plan) => progressOf(plan, use.now().getTime()).limitToday,
    finished: (plan) => progressOf(plan, use.now().getTime()).finished,
    providers: (plan) => plan.providers.map((entry) => ({ ...entry, plan })),
  } satisfies WarmUpResolvers,
  ProviderWarmUp: {
    limitToday: ({ plan, provider }) => providerLimitOf(plan, provider, use.now().getTime()),
  } satisfies ProviderWarmUpResolvers,
});
