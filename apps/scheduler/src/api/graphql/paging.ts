/** Lists in the order in which their rows were made, or by number: the cursor holds what tells the place of a row. */
import { connectionOf, countedConnection, pageArguments, type CountedConnection, type Page } from '@sendpool/graphql';
import { AppError, isId } from '@sendpool/kernel';

type PageArguments = { readonly first?: number | null; readonly after?: string | null };

const strange = (): AppError =>
  new AppError('BAD_INPUT', '`after` is not a cursor of this list: pass an `endCursor` as it came');

const idOf = ({ after }: Page): string | null => {
  if (after === undefined) return null;
  if (typeof after !== 'string' || !isId(after)) throw strange();
  return after;
};

const numberOf = ({ after }: Page, most: number): number => {
  if (after === undefined) return -1;
  if (typeof after !== 'number' || !Number.isInteger(after) || after < 0 || after > most) throw strange();
  return after;
};

/** How a list is read and counted; either only when it is asked for. */
type List<Page, Node> = { read(page: Page): Promise<Node[]>; count(): Promise<number | null> };

/** Throws AppError BAD_INPUT for a page out of range and for a cursor of another list. */
export const pageById = <Node extends { readonly id: string }>(
  args: PageArguments,
  { read, count }: List<{ first: number; after: string | null }, Node>,
): CountedConnection<Node> => {
  const page = pageArguments(args.first, args.after);
  const wanted = { first: page.first, after: idOf(page) };
  return countedConnection({ read: async () => connectionOf(await read(wanted), page, ({ id }) => id), count });
};

/** `most` is the greatest number that the database could take. */
export const pageByNumber = <Node extends { readonly number: number }>(
  args: PageArguments,
  { read, count }: List<{ first: number; after: number }, Node>,
  most = 2_147_483_647,
): CountedConnection<Node> => {
  const page = pageArguments(args.first, args.after);
  const wanted = { first: page.first, after: numberOf(page, most) };
  return countedConnection({ read: async () => connectionOf(await read(wanted), page, ({ number }) => number), count });
};
