/** Sending servers in GraphQL. The password has no field: it comes in and never goes out. */
import type { SendingServer } from '../../domain/sending-server.ts';
import { answerOf } from './answer.ts';
import { loadServer } from './loaders.ts';
import { pageOf } from './paging.ts';
import type { MutationResolvers, QueryResolvers, SendingServerResolvers } from './schema.generated.ts';
import type { ServerUseCases } from './use-cases.ts';

const payload = (server: SendingServer) => ({ __typename: 'SendingServerPayload', server }) as const;

const createMutation = (use: ServerUseCases) =>
  ({
    createSendingServer: (_, { input }, context) => answerOf(context, use.createSendingServer(input), payload),
    updateSendingServer: (_, { input }, context) => answerOf(context, use.updateSendingServer(input), payload),
    verifySendingServer: (_, { input }, context) => answerOf(context, use.verifySendingServer(input.id), payload),
    activateSendingServer: (_, { input }, context) => answerOf(context, use.activateSendingServer(input.id), payload),
    deactivateSendingServer: (_, { input }, context) =>
      answerOf(context, use.deactivateSendingServer(input.id), payload),
  }) satisfies MutationResolvers;

export const createServerResolvers = (use: ServerUseCases) => ({
  Query: {
    sendingServers: (_, page) => pageOf(page, use.servers.page),
    sendingServer: (_, { id }, context) => loadServer(context, use.servers, id),
  } satisfies QueryResolvers,
  Mutation: createMutation(use),
  SendingServer: {
    __resolveReference: ({ id }, context) => loadServer(context, use.servers, id),
    hasPassword: (server) => server.password !== null,
    hasCaCertificate: (server) => server.caCertificate !== null,
  } satisfies SendingServerResolvers,
});
