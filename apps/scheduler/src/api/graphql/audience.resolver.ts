/** Audiences in GraphQL. */
import { foundAgain } from '@sendpool/contracts';
import { answerOf, askOf, loaderOf, namedConnection, type RequestContext } from '@sendpool/graphql';
import { AppError } from '@sendpool/kernel';
import type { Audience, AudienceStore } from '../../domain/audience.ts';
import type { ContactImport } from '../../domain/contact-import.ts';
import { contactsOf } from './contact.resolver.ts';
import { pageById } from './paging.ts';
import type {
  AudienceResolvers,
  ContactImportResolvers,
  MutationResolvers,
  QueryResolvers,
} from './schema.generated.ts';
import type { AudienceUseCases } from './use-cases.ts';

/** One statement for all audiences that a request asks for in the same tick. */
const loadAudience = async (
  context: RequestContext,
  store: Pick<AudienceStore, 'findMany'>,
  id: string,
): Promise<Audience | null> => {
  const loader = loaderOf<string, Audience>(context, 'audience', async (ids) => {
    return new Map((await store.findMany(ids)).map((audience) => [audience.id, audience]));
  });
  return (await loader.load(id)) ?? null;
};

/** Of something that cannot be without its audience. */
export const loadAudienceOf = async (
  context: RequestContext,
  store: Pick<AudienceStore, 'findMany'>,
  { audienceId }: { readonly audienceId: string },
): Promise<Audience> => {
  const audience = await loadAudience(context, store, audienceId);
  if (audience === null) throw new AppError('INTERNAL', `audience ${audienceId} is gone`);
  return audience;
};

/** The same page of many audiences is one statement. */
const loadImports = async (
  { context, use }: { context: RequestContext; use: AudienceUseCases },
  id: string,
  page: Parameters<AudienceUseCases['imports']['page']>[1],
): Promise<ContactImport[]> => {
  const name = `imports ${JSON.stringify(page)}`;
  const loader = loaderOf<string, ContactImport[]>(context, name, (ids) => use.imports.page(ids, page));
  return (await loader.load(id)) ?? [];
};

/** One statement for all audiences of a page. */
const countImports = async (
  context: RequestContext,
  use: AudienceUseCases,
  { id, idempotencyKey }: { id: string; idempotencyKey: string | null },
): Promise<number> => {
  const name = `imports of ${JSON.stringify(idempotencyKey)}`;
  const loader = loaderOf<string, number>(context, name, (ids) => use.imports.counts(ids, idempotencyKey));
  return (await loader.load(id)) ?? 0;
};

const payload = (audience: Audience) => ({ __typename: 'AudiencePayload', audience }) as const;

export const createAudienceResolvers = (use: AudienceUseCases) => ({
  Query: {
    audiences: (_, asked) =>
      namedConnection(asked, {
        page: (page, nameContains) => use.audiences.page({ ...page, nameContains }),
        count: (nameContains) => use.audiences.count({ nameContains }),
      }),
    audience: (_, { id }, context) => loadAudience(context, use.audiences, id),
    contactImport: async (_, { id }) => (await use.imports.find(id)) ?? null,
  } satisfies QueryResolvers,
  Mutation: {
    createAudience: (_, { input }, context) => {
      const made = foundAgain('audience', use.audiences.find);
      const ask = askOf(context, 'createAudience', input);
      return answerOf(
        context,
        use.once(ask, (own) => own.createAudience(input), made),
        payload,
      );
    },
  } satisfies MutationResolvers,
  Audience: {
    __resolveReference: ({ id }, context) => loadAudience(context, use.audiences, id),
    contacts: contactsOf(use),
    imports: ({ id }, { idempotencyKey = null, ...args }, context) =>
      pageById(args, {
        read: (page) => loadImports({ context, use }, id, { ...page, idempotencyKey }),
        count: () => countImports(context, use, { id, idempotencyKey }),
      }),
  } satisfies AudienceResolvers,
  ContactImport: {
    audience: (row, _, context) => loadAudienceOf(context, use.audiences, row),
  } satisfies ContactImportResolvers,
});
