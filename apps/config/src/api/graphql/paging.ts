/** Lists of named rows: in the order in which they were made or by name, searched, and counted only when that is asked for. */
import {
  countedConnection,
  orderedConnection,
  orderedPage,
  searchText,
  type CountedConnection,
  type OrderedArguments,
} from '@sendpool/graphql';
import type { Listed, ListPage } from '../../domain/stores.ts';

type ListField = ListPage['order']['field'];
type ListArguments = OrderedArguments<ListField> & { readonly nameContains?: string | null };

const asMade = { field: 'CREATED_AT', direction: 'ASC' } as const;

/** Throws AppError BAD_INPUT for a page out of range, a cursor of another list or order, and a text that is not to be searched for. */
export const listOf = <Node extends { readonly id: string; readonly name: string }>(
  asked: ListArguments,
  rows: Listed<Node>,
): CountedConnection<Node> => {
  const page = orderedPage<ListField>(asked, asMade);
  const nameContains = searchText('nameContains', asked.nameContains);
  const keyOf = ({ name }: Node): string => (page.order.field === 'NAME' ? name : '');
  return countedConnection({
    read: async () => orderedConnection(await rows.page({ ...page, count: page.first + 1, nameContains }), page, keyOf),
    count: () => rows.count(nameContains),
  });
};
