/** Lists in the order in which their rows were made; the cursor holds the row's id. */
import { connectionOf, pageArguments, type Connection } from '@sendpool/graphql';
import { AppError, isId } from '@sendpool/kernel';

export type PageArguments = { readonly first?: number | null; readonly after?: string | null };

/** Throws AppError BAD_INPUT for a page out of range and for a cursor of another list. */
export const pageOf = async <Node extends { readonly id: string }>(
  { first, after }: PageArguments,
  read: (count: number, after?: string) => Promise<Node[]>,
): Promise<Connection<Node>> => {
  const page = pageArguments(first, after);
  if (page.after !== undefined && (typeof page.after !== 'string' || !isId(page.after)))
    throw new AppError('BAD_INPUT', '`after` is not a cursor of this list: pass an `endCursor` as it came');
  return connectionOf(await read(page.first + 1, page.after), page, ({ id }) => id);
};
