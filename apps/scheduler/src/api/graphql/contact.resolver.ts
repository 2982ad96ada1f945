/** Contacts of audiences in GraphQL. */
import { answerOf, askOf, loaderOf, searchText, type RequestContext } from '@sendpool/graphql';
import { addedAgain, type AddedContacts, type DeletedContacts } from '../../domain/change-contacts.ts';
import type { Contact, ContactFilter, ContactPage } from '../../domain/contact.ts';
import { pageByNumber } from './paging.ts';
import type { AudienceResolvers, ContactResolvers, MutationResolvers } from './schema.generated.ts';
import type { AudienceUseCases } from './use-cases.ts';

type Asking = { readonly context: RequestContext; readonly use: AudienceUseCases };

/** The same page of many audiences is one statement. */
const loadPage = async ({ context, use }: Asking, id: string, page: ContactPage): Promise<Contact[]> => {
  const name = `contacts ${JSON.stringify(page)}`;
  const loader = loaderOf<string, Contact[]>(context, name, (ids) => use.contacts.page(ids, page));
  return (await loader.load(id)) ?? [];
};

const countMatches = async ({ context, use }: Asking, id: string, filter: ContactFilter): Promise<number | null> => {
  const name = `contacts with ${JSON.stringify(filter)}`;
  const loader = loaderOf<string, number | null>(context, name, (ids) => use.contacts.counts(ids, filter));
  const count = await loader.load(id);
  return count === undefined ? 0 : count;
};

/** All of them are counted already, on the audience. */
export const contactsOf = (use: AudienceUseCases) =>
  (({ id, contactCount }, { emailStartsWith, ...args }, context) => {
    const [asking, filter] = [{ context, use }, { emailStartsWith: searchText('emailStartsWith', emailStartsWith) }];
    return pageByNumber(
      args,
      {
        read: (page) => loadPage(asking, id, { ...page, ...filter }),
        count: async () => (filter.emailStartsWith === undefined ? contactCount : countMatches(asking, id, filter)),
      },
      Number.MAX_SAFE_INTEGER,
    );
  }) satisfies AudienceResolvers['contacts'];

const added = (value: AddedContacts) => ({ __typename: 'AddContactsPayload', ...value }) as const;
const deleted = (value: DeletedContacts) => ({ __typename: 'DeleteContactsPayload', ...value }) as const;

export const createContactResolvers = (use: AudienceUseCases) => ({
  Mutation: {
    addContacts: (_, { input }, context) => {
      const contacts = input.contacts.map(({ email, fields }) => ({ email, fields: fields ?? [] }));
      const ask = askOf(context, 'addContacts', input);
      const again = addedAgain(use.audiences.find);
      return answerOf(
        context,
        use.once(ask, (own) => own.addContacts({ audienceId: input.audienceId, contacts }), again),
        added,
      );
    },
    deleteContacts: (_, { input }, context) => answerOf(context, use.deleteContacts(input), deleted),
  } satisfies MutationResolvers,
  Contact: { id: ({ number }) => String(number) } satisfies ContactResolvers,
});
