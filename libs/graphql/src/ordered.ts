/** Lists that can be had in several orders (`orderBy`), walked by key: a cursor says which order it belongs to. */
import { AppError, isId } from '@sendpool/kernel';
import {
  connectionOf,
  countedConnection,
  pageArguments,
  type Connection,
  type CountedConnection,
  type Page,
} from './connection.ts';

export type Order<Field extends string> = { readonly field: Field; readonly direction: 'ASC' | 'DESC' };

/** A row by what its list is sorted by, and by its id, which tells equals apart. */
type Place = { readonly key: string; readonly id: string };

export type OrderedPage<Field extends string> = {
  /** Rows wanted, 1 to 100. */
  readonly first: number;
  readonly order: Order<Field>;
  /** The row before the first one wanted. */
  readonly after: Place | undefined;
};

export type OrderedArguments<Field extends string> = {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly orderBy?: Order<Field> | null;
};

const strange = (): AppError =>
  new AppError('BAD_INPUT', '`after` is not a cursor of this list in this order: pass an `endCursor` as it came');

/** The database takes no text with a NUL in it. */
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');

const placeOf = ({ after }: Page, { field, direction }: Order<string>): Place | undefined => {
  if (after === undefined) return undefined;
  if (!Array.isArray(after) || after.length !== 4) throw strange();
  const [ofField, ofDirection, key, id] = after as readonly (string | number)[];
  if (ofField !== field || ofDirection !== direction || !isText(key) || !isText(id) || !isId(id)) throw strange();
  return { key, id };
};

/** Throws AppError BAD_INPUT for a page out of range, and for a cursor of another list or order. */
export const orderedPage = <Field extends string>(
  { first, after, orderBy }: OrderedArguments<Field>,
  byDefault: Order<Field>,
): OrderedPage<Field> => {
  const page = pageArguments(first, after);
  const { field, direction } = orderBy ?? byDefault;
  return { first: page.first, order: { field, direction }, after: placeOf(page, { field, direction }) };
};

/** `rows` are up to `page.first + 1` rows behind `page.after`; `keyOf` is what they are sorted by. */
export const orderedConnection = <Node extends { readonly id: string }, Field extends string>(
  rows: readonly Node[],
  { first, order, after }: OrderedPage<Field>,
  keyOf: (node: Node) => string,
): Connection<Node> => {
  const cursorOf = (key: string, id: string) => [order.field, order.direction, key, id];
  const page = { first, after: after && cursorOf(after.key, after.id) };
  return connectionOf(rows, page, (node) => cursorOf(keyOf(node), node.id));
};

const longestSearch = 100;

/** The text that names shall contain, undefined for none. Throws AppError BAD_INPUT unless it has 1 to 100 characters in one line. */
export const searchText = (name: string, text: string | null | undefined): string | undefined => {
  if (text === null || text === undefined) return undefined;
  if (text !== '' && text.length <= longestSearch && !/\p{Cc}/u.test(text)) return text;
  throw new AppError('BAD_INPUT', `\`${name}\` has 1 to ${longestSearch} characters in one line`);
};

type NamedField = 'CREATED_AT' | 'NAME';
const asMade: Order<NamedField> = { field: 'CREATED_AT', direction: 'ASC' };

/** What `page` gives is up to `first` + 1 rows; either only when it is asked for. */
type NamedRows<Node> = {
  page(page: OrderedPage<NamedField>, nameContains: string | undefined): Promise<Node[]>;
  count(nameContains: string | undefined): Promise<number>;
};

/**
 * A list of named rows: in the order in which they were made or by name, searched, counted. Throws AppError BAD_INPUT for a page out of
 * range, a cursor of another list or order, and a text that is not to be searched for.
 */
export const namedConnection = <Node extends { readonly id: string; readonly name: string }>(
  asked: OrderedArguments<NamedField> & { readonly nameContains?: string | null },
  rows: NamedRows<Node>,
): CountedConnection<Node> => {
  const page = orderedPage(asked, asMade);
  const nameContains = searchText('nameContains', asked.nameContains);
  const keyOf = ({ name }: Node): string => (page.order.field === 'NAME' ? name : '');
  return countedConnection({
    read: async () => orderedConnection(await rows.page(page, nameContains), page, keyOf),
    count: () => rows.count(nameContains),
  });
};
