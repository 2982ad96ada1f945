/** Uploads as they go on: one statement a second for all that are watched. */
import { createWatch, type RequestContext } from '@sendpool/graphql';
import type { ContactImport } from '../../domain/contact-import.ts';
import type { SubscriptionContactImportArgs } from './schema.generated.ts';
import type { AudienceUseCases } from './use-cases.ts';

export const createImportSubscription = (
  { imports }: Pick<AudienceUseCases, 'imports'>,
  onFault: (error: unknown) => void,
) => {
  const watch = createWatch<ContactImport>({
    read: async (ids) => new Map((await imports.findMany(ids)).map((row) => [row.id, row])),
    isLast: ({ state }) => state !== 'RUNNING',
    notFound: 'There is no such upload',
    onFault,
  });
  return {
    subscribe: (_: object, { id }: SubscriptionContactImportArgs, { signal }: RequestContext) =>
      watch.follow(id, signal),
    resolve: (row: ContactImport) => row,
  };
};
