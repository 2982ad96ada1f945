/** Lists in the order in which their rows were made; the cursor holds the row's id, or a recipient's number. */
import { connectionOf, pageArguments, type Connection, type Page } from '@sendpool/graphql';
import { AppError, isId } from '@sendpool/kernel';

type PageArguments = { readonly first?: number | null; readonly after?: string | null };

const strange = (): AppError =>
  new AppError('BAD_INPUT', '`after` is not a cursor of this list: pass an `endCursor` as it came');

/** Throws AppError BAD_INPUT for a cursor of another list. */
export const idOf = ({ after }: Page): string | null => {
  if (after === undefined) return null;
  if (typeof after !== 'string' || !isId(after)) throw strange();
  return after;
};

const numberOf = ({ after }: Page): number => {
  if (after === undefined) return -1;
  if (typeof after !== 'number' || !Number.isInteger(after) || after < 0 || after > 2_147_483_647) throw strange();
  return after;
};

/** Throws AppError BAD_INPUT for a page out of range and for a cursor of another list. */
export const pageById = async <Node extends { readonly id: string }>(
  args: PageArguments,
  read: (page: { first: number; after: string | null }) => Promise<Node[]>,
): Promise<Connection<Node>> => {
  const page = pageArguments(args.first, args.after);
  return connectionOf(await read({ first: page.first, after: idOf(page) }), page, ({ id }) => id);
};

export const pageByNumber = async <Node extends { readonly number: number }>(
  args: PageArguments,
  read: (page: { first: number; after: number }) => Promise<Node[]>,
): Promise<Connection<Node>> => {
  const page = pageArguments(args.first, args.after);
  return connectionOf(await read({ first: page.first, after: numberOf(page) }), page, ({ number }) => number);
};
